#!/bin/sh
# Honours POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB as the official image does: `postgres -c setting=value …`.
set -eu
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
data=/var/lib/postgresql/testbed
bin=$(echo /usr/lib/postgresql/*/bin)
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

[ "${1:-}" = postgres ] || exec "$@"
shift
if [ ! -d "$data" ]; then
  install -d -o postgres -g postgres -m 700 "$data"
  password=$(mktemp)
  printf '%s' "${POSTGRES_PASSWORD:?}" > "$password"
  chown postgres "$password"
  as_postgres "$bin/initdb" -D "$data" -U "$user" --pwfile="$password" --auth=scram-sha-256 \
    --no-sync --encoding=UTF8 --locale=C
  rm "$password"
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
  if [ "$database" != postgres ]; then
    echo "CREATE DATABASE \"$database\"" | as_postgres "$bin/postgres" --single -D "$data" postgres
  fi
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups \
  "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
