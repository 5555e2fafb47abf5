#!/bin/bash
# A throw-away MariaDB on loopback, in the foreground, with a password; nothing in it outlives a crash:
#   start.sh HOME_DIR PORT
# HOME_DIR/ready appears when it answers. Its user is registry, with all rights; the password is in HOME_DIR/password.
# Needs mariadbd and mariadb-install-db. As root it runs as mysql or nobody, and its data are in a temporary folder
# that goes with it.
set -euo pipefail
umask 077
home=$(mkdir -p "$1" && cd "$1" && pwd) port=$2
PATH=$PATH:/usr/sbin
as=() folder=$home/data
rm -rf "$home/ready" "$home/data"
if [ "$(id -u)" = 0 ]; then
  user=$(id -un mysql 2>/dev/null || echo nobody)
  as=(runuser -u "$user" --)
  folder=$(mktemp -d)
else
  mkdir "$folder"
fi
password=$(head -c 18 /dev/urandom | base64 | tr +/ ab)
printf %s "$password" >"$home/password"
cat >"$folder/first.sql" <<S
CREATE USER registry@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO registry@'127.0.0.1' WITH GRANT OPTION;
S
[ ${#as[@]} = 0 ] || chown -R "$user" "$folder"
cd /
"${as[@]}" mariadb-install-db --no-defaults --datadir="$folder/data" --skip-test-db \
  --auth-root-authentication-method=normal --innodb-flush-method=nosync --innodb-log-file-size=64M >"$home/install.log"
"${as[@]}" mariadbd --no-defaults --datadir="$folder/data" --port="$port" --bind-address=127.0.0.1 \
  --socket="$folder/socket" --pid-file="$folder/pid" --init-file="$folder/first.sql" --skip-log-bin --skip-name-resolve \
  --innodb-flush-method=nosync --innodb-flush-log-at-trx-commit=0 --innodb-fast-shutdown=2 --innodb-doublewrite=0 \
  --innodb-log-file-size=64M --character-set-server=utf8mb4 --table-open-cache=4000 &
stop() {
  kill "$("${as[@]}" cat "$folder/pid")" 2>/dev/null || true
  wait || true
  [ ${#as[@]} = 0 ] || rm -rf "$folder"
}
trap stop EXIT
trap 'exit 0' INT TERM
until mariadb-admin --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u registry --password="$password" ping >/dev/null 2>&1; do
  kill -0 $! || exit 1
  sleep 0.1
done
touch "$home/ready"
wait
