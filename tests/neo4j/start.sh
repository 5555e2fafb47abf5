#!/bin/bash
# A real Neo4j Community from its Maven artifacts, in the foreground, on loopback, with a password:
#   start.sh HOME_DIR BOLT_PORT
# The password is $NEO4J_PASSWORD, or a random one; it is kept in HOME_DIR/password. Needs Java 17 or 21, and Maven
# the first time. It is meant for tests: a statement is not planned anew each time that the graph was emptied and filled.
# $NEO4J_JARS: a folder with the jars, default HOME_DIR/lib. $HEAP and $PAGECACHE: default 1g each.
set -euo pipefail
umask 077
home=$(mkdir -p "$1" && cd "$1" && pwd) bolt=$2
here=$(cd "$(dirname "$0")" && pwd)
jars=${NEO4J_JARS:-$home/lib}
mkdir -p "$home"/{conf,data,logs,import,plugins,licenses} "$jars"
if ! compgen -G "$jars/neo4j-5*.jar" >/dev/null; then
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jars" -DincludeScope=runtime
fi
cat >"$home/conf/neo4j.conf" <<C
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:$bolt
server.http.enabled=false
server.memory.heap.initial_size=512m
server.memory.heap.max_size=${HEAP:-1g}
server.memory.pagecache.size=${PAGECACHE:-1g}
dbms.security.auth_enabled=true
dbms.usage_report.enabled=false
dbms.cypher.min_replan_interval=1h
C
if [ ! -e "$home/password" ]; then
  printf %s "${NEO4J_PASSWORD:-$(head -c 18 /dev/urandom | base64 | tr +/ ab)}" >"$home/password.new"
  NEO4J_HOME=$home NEO4J_CONF=$home/conf java -cp "$jars/*" org.neo4j.cli.AdminTool \
    dbms set-initial-password "$(cat "$home/password.new")" >/dev/null
  mv "$home/password.new" "$home/password"
fi
opens=()
for package in java.nio java.io sun.nio.ch java.util.concurrent; do
  opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
exec java -cp "$jars/*" -Xms512m -Xmx"${HEAP:-1g}" -XX:+UseSerialGC "${opens[@]}" --enable-native-access=ALL-UNNAMED \
  org.neo4j.server.CommunityEntryPoint --home-dir="$home" --config-dir="$home/conf"
