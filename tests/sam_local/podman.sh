#!/bin/sh
# `make sam-local-podman`: `bridge sam-local --check` with podman from Debian and an image made here, for
# machines that reach no image registry. Needs root, apt's `podman`, `runc` and `debootstrap`, and a Python 3.13.
#
# The image is what the SAM CLI asks of AWS's own: a base system, Python 3.13 and AWS's runtime client (the SAM
# CLI adds its Runtime Interface Emulator itself). It gets the very name that the SAM CLI looks for, on this
# machine alone, in a store of its own that is removed again; nothing is pulled, nothing is pushed. The base
# system stays in .aws-sam/podman for the next time.
set -eu
cd "$(dirname "$0")/../.."

work="$PWD/.aws-sam/podman"
for program in podman runc debootstrap; do
    command -v "$program" >/dev/null || { echo "$program is missing: apt-get install podman runc debootstrap" >&2; exit 2; }
done
[ "$(id -u)" = 0 ] || { echo "needs root: the engine of root is the one whose containers reach this machine" >&2; exit 2; }
python="$(sh layers/bridge/find-python)" || { echo "no Python 3.13 on this machine" >&2; exit 2; }
make --silent .venv/sam/.installed

case "$(uname -m)" in aarch64 | arm64) architecture=arm64 ;; *) architecture=x86_64 ;; esac
image="$(.venv/sam/bin/python -c "
from samcli.local.docker.lambda_image import LambdaImage, Runtime
print(LambdaImage._INVOKE_REPO_PREFIX + '/' + Runtime.get_image_name_tag('python3.13', '$architecture'))")"

# A service of our own: runc, and limits that a container inside a small machine may have.
mkdir -p "$work"
cat >"$work/containers.conf" <<EOF
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
runtime = "runc"
EOF
export CONTAINERS_CONF="$work/containers.conf"
own="$(mktemp -d)" # a socket's path must be short
engine() { podman --root "$work/storage" --runroot "$own/run" "$@"; }
podman --root "$work/storage" --runroot "$own/run" system service --time=0 "unix://$own/podman.sock" &
service=$!
tidy_up() {
    kill "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
    engine rmi --all --force >/dev/null 2>&1 || true
    rm -rf "$own" "$work/storage"
}
trap tidy_up EXIT
trap 'exit 130' INT TERM

if [ ! -x "$work/root/var/runtime/bootstrap" ]; then
    rm -rf "$work/root"
    echo "making a base system, Python $("$python" -c 'import platform; print(platform.python_version())') and awslambdaric"
    debootstrap --variant=minbase --include=ca-certificates,libbz2-1.0,libffi8,liblzma5,libssl3,zlib1g \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/root" >"$work/debootstrap.log" ||
        { tail "$work/debootstrap.log" >&2; exit 1; }
    mkdir -p "$work/root/var/lang" "$work/root/var/runtime" "$work/root/var/task"
    prefix="$("$python" -c 'import sys; print(sys.base_prefix)')"
    cp -a "$prefix/bin" "$prefix/lib" "$work/root/var/lang/"
    awk '/^[a-z]/ { wanted = /^(awslambdaric|simplejson|snapshot-restore-py)==/ } wanted' requirements-dev.txt >"$work/client.txt"
    "$python" -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
        --target "$work/root/var/runtime" -r "$work/client.txt"
    cat >"$work/root/var/runtime/bootstrap" <<'EOF'
#!/bin/sh
export LD_LIBRARY_PATH=/var/lang/lib PYTHONPATH=/opt/python:/var/runtime
exec /var/lang/bin/python3.13 -m awslambdaric "$_HANDLER"
EOF
    chmod +x "$work/root/var/runtime/bootstrap"
fi
tar -C "$work/root" -c . | engine import --quiet --change "WORKDIR /var/task" - "$image" >/dev/null
echo "image $image made here; podman $(podman version --format '{{.Client.Version}}'), $(runc --version | head -1)"

# What a developer's shell may hold: it must reach no function.
export DOCKER_HOST="unix://$own/podman.sock"
export AWS_PROFILE=somebody AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=a-real-one AWS_REGION=us-east-1
.venv/bin/bridge sam-local --check -- --skip-pull-image
