#!/bin/sh
# Honours MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_DATABASE as the official image does: `mariadbd --setting=value …`, or the settings alone.
set -eu
data=/var/lib/mysql/testbed

case ${1:-} in
  mariadbd) shift ;;
  --*) ;;
  *) exec "$@" ;;
esac
if [ ! -d "$data" ]; then
  : "${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:?this image knows no other root}"
  mkdir -p "$data" /run/mysqld
  mariadb-install-db --no-defaults --user=root --datadir="$data" --auth-root-authentication-method=normal --skip-test-db
  {
    echo "create user root@'%' identified by '';"
    echo "grant all on *.* to root@'%' with grant option;"
    echo "create database ${MARIADB_DATABASE:-test};"
  } > /init.sql
  set -- --init-file=/init.sql "$@"
fi
exec mariadbd --no-defaults --user=root --datadir="$data" --bind-address=0.0.0.0 --skip-name-resolve --socket=/tmp/mysqld.sock "$@"
