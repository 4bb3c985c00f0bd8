#!/bin/sh
# Builds a server's image from Debian's packages alone, for machines that reach no image registry. As root, with a Docker engine:
#   apt-get install docker.io debootstrap && dockerd &
#   tooling/testbed/images/build.sh postgres pool-testbed-postgres
#   tooling/testbed/images/build.sh mariadb pool-testbed-mariadb
#   export TESTCONTAINERS_RYUK_DISABLED=true
#   POOL_TEST_POSTGRES_IMAGE=pool-testbed-postgres POOL_TEST_MYSQL_IMAGE=pool-testbed-mariadb npm test
set -eu
kind=${1:?usage: build.sh postgres|mariadb NAME}
image=${2:?usage: build.sh postgres|mariadb NAME}
here=$(dirname "$(readlink -f "$0")")
case $kind in
  postgres) packages=postgresql command=postgres port=5432 ;;
  mariadb) packages=mariadb-server-core,mariadb-client-core command=mariadbd port=3306 ;;
  *) echo "no image of $kind" >&2; exit 2 ;;
esac
rootfs=$(mktemp -d)
trap 'rm -rf "$rootfs"' EXIT

# The release and the mirror that this machine takes its own packages from.
. /etc/os-release
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
debootstrap --variant=minbase --include="$packages" "$VERSION_CODENAME" "$rootfs" "$mirror"

install -m 755 "$here/$kind/entrypoint.sh" "$rootfs/entrypoint.sh"
rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/*
tar -C "$rootfs" -c . | docker import \
  --change 'ENTRYPOINT ["/entrypoint.sh"]' --change "CMD [\"$command\"]" --change "EXPOSE $port" - "$image"
