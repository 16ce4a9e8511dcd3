"""Take out of the built layer what no function of ours uses, and put the rest in its quickest form.

    python trim_layer.py FOLDER

Run by the Makefile before the bytecode is made. tests/artefacts calls everything on what is left.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The services that some function calls (bridge.runtime, bridge.console.composition). Another function of the
# account that uses the layer has botocore's other models from Lambda's runtime if it puts that first.
SERVICES = ("dynamodb", "sqs", "ssm")
ENDPOINTS_OF = (*SERVICES, "sts")

# Unused parts of our dependencies, as patterns below the layer's folder.
LEFT_OUT = (
    "*.dist-info/licenses/**/*",  # the texts; each METADATA names its licence
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "**/*.pyi",
    "**/*.so.debug",
    "regex/tests",
    "Crypto/SelfTest",
    "Crypto/Cipher/_raw_eksblowfish*.so",
    "Crypto/Cipher/_raw_blowfish*.so",
    "Crypto/Cipher/_raw_cast*.so",
    "Crypto/Hash/_k12*.so",
    "Crypto/Hash/_MD[24]*.so",
    "Crypto/Hash/_RIPEMD160*.so",
    "Crypto/Cipher/_[ACEcp]*.so",
    "Crypto/PublicKey/*.so",  # of elliptic curves and lattices; RSA needs none
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/[!_jt]*",  # all but jmespath_utils, of the Logger, and typing
    "boto3/data/*",  # of boto3.resource
    "boto3/examples",
    "botocore/data/*/*/examples-1.json",
    "botocore/data/*/*/completions-1.json",
    "botocore/cacert.pem",  # it takes certifi's, which requests brings
    "dateparser_cli",
    "dateparser_scripts",
    "s3transfer/crt.py",
)


def main(folder: Path) -> None:
    """Trim the layer in ``folder`` (the one that becomes /opt/python)."""
    for pattern in LEFT_OUT:
        remove(folder.glob(pattern))
    data = folder / "botocore" / "data"
    remove(each for each in data.iterdir() if each.is_dir() and each.name not in SERVICES)
    remove(older_versions(data))
    for packed in data.rglob("*.json.gz"):
        plain = packed.with_suffix("")
        plain.write_bytes(compact(json.loads(gzip.decompress(packed.read_bytes()))))
        packed.unlink()
    endpoints = data / "endpoints.json"
    endpoints.write_bytes(compact(only_ours(json.loads(endpoints.read_bytes()))))


def remove(paths: Iterator[Path]) -> None:
    """Delete files and whole folders."""
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def older_versions(data: Path) -> Iterator[Path]:
    """Yield the folders of a service's API that a newer one has replaced: botocore takes the newest."""
    for service in SERVICES:
        yield from sorted(each for each in (data / service).iterdir() if each.is_dir())[:-1]


def compact(model: Any) -> bytes:
    """Return a model without its documentation, which only ``help()`` reads and every client would parse."""
    return json.dumps(undocumented(model), separators=(",", ":")).encode()


def undocumented(part: Any) -> Any:
    """Return a part of a model without the texts; a member named documentation is a map, and stays."""
    if isinstance(part, dict):
        texts = [name for name, value in part.items() if name == "documentation" and isinstance(value, str)]
        return {name: undocumented(value) for name, value in part.items() if name not in texts}
    if isinstance(part, list):
        return [undocumented(each) for each in part]
    return part


def only_ours(endpoints: dict[str, Any]) -> dict[str, Any]:
    """Return the endpoints of the services we call, in every partition and region."""
    for partition in endpoints["partitions"]:
        partition["services"] = {
            name: value for name, value in partition["services"].items() if name in ENDPOINTS_OF
        }
    return endpoints


if __name__ == "__main__":
    main(Path(sys.argv[1]))
