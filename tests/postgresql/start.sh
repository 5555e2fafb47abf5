#!/bin/bash
# A throw-away PostgreSQL on loopback, in the foreground, with a password; nothing in it outlives a crash:
#   start.sh HOME_DIR PORT
# HOME_DIR/ready appears when it answers. Its user is registry, a superuser; the password is in HOME_DIR/password.
# Needs initdb and postgres, on the PATH or where Debian puts them. As root it runs as postgres or nobody, and its
# data are in a temporary folder that goes with it.
set -euo pipefail
umask 077
home=$(mkdir -p "$1" && cd "$1" && pwd) port=$2
bin=$(dirname "$(readlink -f "$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1)")")
as=() data=$home/data
if [ "$(id -u)" = 0 ]; then
  user=$(id -un postgres 2>/dev/null || echo nobody)
  as=(runuser -u "$user" --)
  data=$(mktemp -d)/data
  chown "$user" "$(dirname "$data")"
fi
rm -rf "$home/ready" "$data"
head -c 18 /dev/urandom | base64 | tr +/ ab >"$home/password"
mkdir "$data"
cp "$home/password" "$(dirname "$data")/.password"
[ ${#as[@]} = 0 ] || chown "$user" "$data" "$(dirname "$data")/.password"
cd /
"${as[@]}" "$bin/initdb" -D "$data" -U registry -A scram-sha-256 --pwfile="$(dirname "$data")/.password" -E UTF8 --locale=C.UTF-8 --no-sync
"${as[@]}" "$bin/postgres" -D "$data" -p "$port" -k '' -h 127.0.0.1 -c max_connections=50 \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_locks_per_transaction=1024 &
stop() {
  kill -INT "$("${as[@]}" head -n 1 "$data/postmaster.pid")" 2>/dev/null || true
  wait || true
  [ ${#as[@]} = 0 ] || rm -rf "$(dirname "$data")"
}
trap stop EXIT
trap 'exit 0' INT TERM
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
  kill -0 $! || exit 1
  sleep 0.1
done
touch "$home/ready"
wait
