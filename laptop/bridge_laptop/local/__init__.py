"""The whole bridge on one machine, without an AWS account."""
