#!/bin/sh
# From HTTP to HTTPS by the transcript's commands, with as much proof as an operator would want:
# aistore-switch.sh CHAIN KEY CA FOLDER   (the lab's variables are in the environment)
set -eu
chain=$1 key=$2 ca=$3 folder=$4
mkdir -p "$folder"
install -m 600 "$key" "$folder/server.key"
install -m 644 "$ca" "$folder/ca.crt"
install -m 644 "$chain" "$folder/server.crt"
ais config cluster "net.http.server_crt=$folder/server.crt" "net.http.server_key=$folder/server.key"
ais config cluster "net.http.client_ca_tls=$folder/ca.crt" net.http.skip_verify=false
ais config cluster net.http.use_https=true
ais cluster shutdown -y
# waits until the nodes have ended, and after the start until each says flags & 6 == 6
"$AIS_LAB_RESTART"
at="https://127.0.0.1:$AIS_LAB_PORT"
curl -qsSf --cacert "$ca" "$at/v1/daemon?what=smap" |
  jq -e '[.pmap, .tmap | .[] | .public_net, .intra_control_net, .intra_data_net | .direct_url | startswith("https://")] | all and length == 9'
wanted=$(openssl x509 -noout -fingerprint -sha256 -in "$chain")
for address in $AIS_LAB_PUBLIC $AIS_LAB_INTRA; do
  served=$(openssl s_client -connect "$address" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256)
  [ "$served" = "$wanted" ]
done
