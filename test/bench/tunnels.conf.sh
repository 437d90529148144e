# Configurations for test/bench/tunnels.sh: tunnel i (from 0) leads from 10.64.<i / 256>.<i % 256> to the hub, 192.0.2.1.
# shellcheck shell=bash

# vpnd_many hub|branch N: two tunnels per connection.
vpnd_many() {
	awk -v hub=$([ "$1" = hub ] && echo 1 || echo 0) -v n="$2" '
	function outside(i) { return sprintf("\"10.64.%d.%d\"", i / 256, i % 256) }
	BEGIN {
		print "interface = \"vti\"; connections = ("
		for (i = 0; i < n; i += 2) {
			printf "%s{ name = \"c%d\"; role = \"%s\";\n", i ? ", " : "", i / 2, hub ? "hub" : "device"
			print "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ];"
			print "phase1_integrity_algorithms = [ \"SHA2-256\" ];"
			print "phase1_dh_group_numbers = [ 31 ];"
			print "phase2_encryption_algorithms = [ \"AES128-GCM-16\" ];"
			print "tunnels = ("
			for (k = i; k < i + 2 && k < n; k++) {
				printf "%s{ local_outside_ip_address = %s; remote_outside_ip_address = %s;\n",
				    (k > i) ? ", " : "", hub ? "\"192.0.2.1\"" : outside(k), hub ? outside(k) : "\"192.0.2.1\""
				printf "interface_name = \"t%d\"; }\n", k
			}
			print "); }"
		}
		print ");"
	}'
}

vpnd_many_secrets() {
	awk -v n="$1" 'BEGIN {
		print "secrets = ("
		for (i = 0; i < n / 2; i++)
			printf "%s{ connection = \"c%d\"; pre_shared_key = \"bench\"; }\n", i ? ", " : "", i
		print ");"
	}'
}

strongswan_many_daemon() {
	cat <<-X
	charon {
	  load = random nonce openssl aes sha1 sha2 hmac gcm kdf kernel-netlink socket-default vici
	  plugins { vici { socket = unix://$1/vici } }
	  filelog { stderr { default = 0 } }
	  install_routes = no
	  dos_protection = no
	  ikesa_table_size = 4096
	  ikesa_table_segments = 64
	}
	swanctl { load = random openssl }
	X
}

# strongswan_many hub|branch N: the branch starts, and each tunnel is for one pair of addresses.
strongswan_many() {
	awk -v hub=$([ "$1" = hub ] && echo 1 || echo 0) -v n="$2" 'BEGIN {
		print "connections {"
		for (i = 0; i < n; i++) {
			far = sprintf("10.64.%d.%d", i / 256, i % 256)
			here = hub ? "192.0.2.1" : far
			there = hub ? far : "192.0.2.1"
			printf "t%d { version = 2\n mobike = no\n local_addrs = %s\n remote_addrs = %s\n", i, here, there
			print "proposals = aes128gcm16-prfsha256-x25519"
			printf "local { auth = psk\n id = %s }\n remote { auth = psk\n id = %s }\n", here, there
			printf "children { t%d { local_ts = 10.%d.%d.%d/32\n remote_ts = 10.%d.%d.%d/32\n", i,
			    hub ? 1 : 2, i / 256, i % 256, hub ? 2 : 1, i / 256, i % 256
			printf "esp_proposals = aes128gcm16\n start_action = %s } } }\n", hub ? "none" : "start"
		}
		print "}\nsecrets { ike-all { secret = \"bench\" } }"
	}'
}
