#!/bin/sh
# Builds a Postgres image from Debian's packages alone, for machines that reach no image registry. As root, with a Docker engine:
#   apt-get install docker.io debootstrap && dockerd &
#   tooling/testbed/images/postgres/build.sh pool-testbed-postgres
#   TESTCONTAINERS_RYUK_DISABLED=true POOL_TEST_POSTGRES_IMAGE=pool-testbed-postgres npm test -- postgres
set -eu
image=${1:?usage: build.sh NAME}
here=$(dirname "$(readlink -f "$0")")
rootfs=$(mktemp -d)
trap 'rm -rf "$rootfs"' EXIT

# The release and the mirror that this machine takes its own packages from.
. /etc/os-release
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
debootstrap --variant=minbase --include=postgresql "$VERSION_CODENAME" "$rootfs" "$mirror"

install -m 755 "$here/entrypoint.sh" "$rootfs/entrypoint.sh"
rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/*
tar -C "$rootfs" -c . | docker import \
  --change 'ENTRYPOINT ["/entrypoint.sh"]' --change 'CMD ["postgres"]' --change 'EXPOSE 5432' - "$image"
