"""What `make build` has built is what it was asked for; `make build` runs these on what lies in .aws-sam."""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path

import pytest

from bridge_laptop import template as sam

BUILD = sam.ROOT / ".aws-sam" / "build"
LAYER = BUILD / "BridgeLayer" / "python"
MAGIC_OF_3_13 = struct.pack("<H2s", 3571, b"\r\n")  # importlib.util.MAGIC_NUMBER of CPython 3.13
UNCHECKED_HASH = 0b01  # PEP 552: by hash, and the source is not looked at
MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine of ELF: EM_AARCH64, EM_X86_64

ARCHITECTURE = os.environ.get("BUILT_FOR", "")
pytestmark = pytest.mark.skipif(not ARCHITECTURE, reason="`make build` runs these on what it has built")
with_bytecode = pytest.mark.skipif(os.environ.get("BYTECODE") == "0", reason="built with BYTECODE=0")


def bytecode_of(source: Path) -> Path:
    """Return where Python 3.13 looks for a module's bytecode."""
    return source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"


@with_bytecode
def test_the_layer_has_bytecode_of_every_module_of_ours() -> None:
    """/opt is read-only on Lambda: what has no bytecode is compiled again at every cold start."""
    sources = list((LAYER / "bridge").rglob("*.py"))

    assert len(sources) > 50
    assert [] == [source for source in sources if not bytecode_of(source).is_file()]


@with_bytecode
def test_the_layer_has_bytecode_of_its_dependencies() -> None:
    """Of nearly every module: some libraries ship templates that no Python compiles."""
    sources = [source for source in LAYER.rglob("*.py") if source.parent.name != "__pycache__"]
    compiled = [source for source in sources if bytecode_of(source).is_file()]

    assert len(compiled) > 0.98 * len(sources)
    for package in ("boto3", "botocore", "requests", "aws_lambda_powertools"):
        assert bytecode_of(LAYER / package / "__init__.py").is_file()


@with_bytecode
def test_the_bytecode_is_that_of_lambdas_python_and_is_never_checked() -> None:
    """Bytecode by time stamp is stale once the layer is unpacked, and another Python's is not read."""
    for file in LAYER.rglob("*.pyc"):
        with file.open("rb") as opened:
            magic, flags = struct.unpack("<4sI", opened.read(8))

        assert (MAGIC_OF_3_13, UNCHECKED_HASH) == (magic, flags), file


@with_bytecode
def test_the_bytecode_does_not_name_this_machine() -> None:
    """A traceback names the file as it lies on Lambda, and two machines build the same layer."""
    for file in (LAYER / "bridge").rglob("*.pyc"):
        content = file.read_bytes()

        assert str(sam.ROOT).encode() not in content, file
        assert b"/opt/python/bridge/" in content, file


def test_wheels_are_for_the_architecture() -> None:
    """Every shared library of the layer runs on the processor that the functions run on."""
    libraries = list(LAYER.rglob("*.so"))

    assert libraries
    for library in libraries:
        with library.open("rb") as opened:
            (machine,) = struct.unpack("<18xH", opened.read(20))
        assert MACHINES[ARCHITECTURE] == machine, library


def test_the_built_template_can_be_deployed_for_no_other_processor() -> None:
    """`sam deploy` takes the architecture from here, and CloudFormation refuses another one."""
    text = (BUILD / "template.yaml").read_text(encoding="utf-8")
    parameter = re.search(r"^  Architecture:\n(.*?)^  \w", text, re.MULTILINE | re.DOTALL)

    assert parameter is not None
    assert [ARCHITECTURE] == re.findall(r"- (arm64|x86_64)$", parameter[1], re.MULTILINE)
    assert f"Default: {ARCHITECTURE}\n" in parameter[1]


def test_every_function_is_one_file() -> None:
    """A function's artefact is its app.py: everything else is the layer's."""
    for name, properties in sam.resources(sam.load(), "AWS::Serverless::Function").items():
        there = {file.name for file in (BUILD / name).iterdir()}
        assert {"app.py"} == there - {"__pycache__"}, properties["CodeUri"]
