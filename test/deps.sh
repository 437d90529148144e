#!/bin/bash
# Brings a bare Debian 12 machine to where this project builds and tests.
#
#   test/deps.sh [build|demo|check|bench]        (default: check; each set contains the ones before it)
#
# Root installs the packages that are missing, and only those; anybody else is told which they are. What must not be installed,
# since it would take the place of something the machine has, is unpacked under build/ instead: a kernel for QEMU, Libreswan, which
# Debian lets nobody install beside strongSwan, OpenIKED and OpenBGPD, which would take the same ports, and iptables. From later releases of
# Debian come an OpenSSL with ML-KEM, a strongSwan that has it, too, and a Libreswan that resumes sessions: where the mirror has no
# such release, we do without.
set -u
cd "$(dirname "$0")/.." || exit 1
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

build="gcc make pkg-config libc6-dev libmnl-dev libnl-3-dev libnl-route-3-dev libssl-dev libconfig-dev libjansson-dev libexpat1-dev
	libcap-ng-dev libseccomp-dev libnftables-dev"
demo="user-mode-linux iproute2 iputils-ping kmod procps jq socat tcpdump"
check="clang libclang-rt-14-dev libcmocka-dev openssl qemu-system-x86 busybox-static cpio nftables
	strongswan-charon strongswan-swanctl libcharon-extra-plugins libstrongswan-standard-plugins bird2 frr
	gobgpd exabgp tshark bgpdump python3-prometheus-client"
bench="valgrind"

# Services that come with the packages (package:service): what we brought in, we leave neither running nor enabled.
services="bird2:bird frr:frr gobgpd:gobgpd exabgp:exabgp strongswan-starter:strongswan-starter"
policy=/usr/sbin/policy-rc.d
libreswan=build/peers/libreswan
openiked=build/peers/openiked
openbgpd=build/peers/openbgpd
iptables=build/peers/iptables
prometheus=build/peers/prometheus	# for promtool alone
trixie=build/peers/trixie		# Debian 13: OpenSSL 3.5
forky=build/peers/forky			# Debian 14: strongSwan 6.1
libreswan5=build/peers/libreswan5	# of the same
kernel=build/kernel

say() { printf 'deps: %s\n' "$*"; }
die() { printf 'deps: %s\n' "$*" >&2; exit 1; }

installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt=(apt-get)				# or with options for another release
updated=
apt_update() {
	[ -n "$updated" ] && return
	say "apt-get update"
	apt-get -qq -o DPkg::Lock::Timeout=300 update || say "apt-get update had errors; going on with what there is"
	updated=yes
}

install_packages() {
	local p new missing=()
	for p in "$@"; do
		installed "$p" || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return
	[ "$(id -u)" -eq 0 ] || die "not root, and these packages are missing: ${missing[*]}"
	say "installing ${missing[*]}"
	apt_update
	hold_services
	new=$(new_services)
	mkdir -p build
	apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 --no-install-recommends install "${missing[@]}" \
		>build/deps.log 2>&1 || { tail -n 20 build/deps.log >&2; die "apt-get install failed (build/deps.log)"; }
	# shellcheck disable=SC2086 # a list of names
	disable_services $new
}

# While packages are installed, no init script may start a service. A policy that is already there is left as it is.
hold_services() {
	[ -e $policy ] && return
	printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
	trap 'rm -f $policy' EXIT
}

# Prints the services whose packages are not there yet.
new_services() {
	local s
	for s in $services; do
		installed "${s%:*}" || echo "$s"
	done
}

# disable_services PACKAGE:SERVICE...: of these, those that are there now. Where there is no systemctl, nothing would start them
# either.
disable_services() {
	local s
	command -v systemctl >/dev/null || return 0
	for s in "$@"; do
		! installed "${s%:*}" || systemctl --quiet disable "${s#*:}.service" || say "cannot disable the service ${s#*:}"
	done
}

# fetch DIR PACKAGE...: downloads and unpacks packages; DIR appears whole or not at all.
fetch() {
	local dir=$1 work; shift
	mkdir -p "$(dirname "$dir")"
	work=$(mktemp -d "$dir.XXXXXX") || die "cannot write to $(dirname "$dir")"
	chmod 755 "$work"
	mkdir "$work/deb" "$work/root"
	(cd "$work/deb" && "${apt[@]}" -qq -o APT::Sandbox::User=root download "$@") || { rm -rf "$work"; die "cannot download $*"; }
	for deb in "$work"/deb/*.deb; do
		dpkg -x "$deb" "$work/root" || { rm -rf "$work"; die "cannot unpack $deb"; }
	done
	"${after:-true}" "$work/root" || { rm -rf "$work"; die "cannot prepare $dir"; }
	rm -rf "$dir" && mv "$work/root" "$dir"
	rm -rf "$work"
}

# closure PACKAGE [PACKAGE...]: these, and what apt would add for the first, which we do not install.
closure() {
	{
		printf '%s\n' "$@"
		"${apt[@]}" -s --no-install-recommends install "$1" 2>/dev/null | awk '$1 == "Inst" && $2 !~ /-dev$/ { print $2 }'
	} | sort -u
}

# Pluto wants a certificate database even when it has only pre-shared keys to look after.
libreswan_ready() {
	local lib
	lib=$(cd "$1" && pwd)/usr/lib/x86_64-linux-gnu
	mkdir "$1/nssdb"
	LD_LIBRARY_PATH=$lib "$1/usr/bin/certutil" -N -d "sql:$1/nssdb" --empty-password &&
		LD_LIBRARY_PATH=$lib "$1/usr/libexec/ipsec/pluto" --version >/dev/null
}

# fetch_tool DIR PROGRAM PACKAGE [PACKAGE...]: with those of the first one's libraries that the machine does not have.
fetch_tool() {
	local dir=$1 program=$2; shift 2
	[ -x "$dir/$program" ] && return
	apt_update
	say "unpacking $1 into $dir"
	# shellcheck disable=SC2046 # a list of names
	fetch "$dir" $(closure "$@")
}

fetch_peers() {
	after=libreswan_ready fetch_tool $libreswan usr/libexec/ipsec/pluto libreswan libnss3-tools
	fetch_tool $openiked usr/sbin/iked openiked
	fetch_tool $openbgpd usr/sbin/bgpd openbgpd
	fetch_tool $iptables usr/sbin/iptables-legacy iptables
	[ -x $prometheus/usr/bin/promtool ] || { apt_update; say "unpacking prometheus into $prometheus"; fetch $prometheus prometheus; }
}

# Where this machine gets Debian from; a disc has one release only.
mirror() {
	local VERSION_CODENAME=
	. /etc/os-release
	# shellcheck disable=SC2016 # apt's own variable
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
		"Codename: $VERSION_CODENAME" 'Component: main' | sed '/^cdrom:/d; q'
}

# another_release SUITE DIR: sets apt for it: the same mirror and keys, but lists of its own, and nothing is installed there. What a
# mirror that lags behind has is as good.
another_release() {
	local site keys=/usr/share/keyrings/debian-archive-keyring.gpg
	site=$(mirror)
	[ -n "$site" ] || { say "apt knows no mirror of Debian"; return 1; }
	mkdir -p "$2/lists/partial" "$2/archives/partial" && : >"$2/status" || return
	echo "deb $([ -e $keys ] && echo "[signed-by=$keys]") $site $1 main" >"$2/sources"
	apt=(apt-get -o Dir::State="$2" -o Dir::State::status="$2/status" -o Dir::Cache="$2" -o Dir::Etc::sourcelist="$2/sources"
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
		-o APT::Default-Release= -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none
		-o APT::Sandbox::User=root)
	"${apt[@]}" -qq -o APT::Update::Error-Mode=any update
}

# fetch_release SUITE DIR PROGRAM PACKAGE [PACKAGE...]: as fetch_tool, with all libraries. We can do without: it only says so.
fetch_release() {
	local suite=$1 dir=$2 program=$3 lists; shift 3
	[ -e "$dir/$program" ] && return
	apt_update
	say "unpacking $1 of $suite into $dir"
	mkdir -p build/peers
	lists=$(mktemp -d "$PWD/build/peers/lists.XXXXXX") || die "cannot write to build/peers"
	# shellcheck disable=SC2046 # a list of names
	(another_release "$suite" "$lists" && fetch "$dir" $(closure "$@")) ||
		say "no $1 of $suite: what needs it is skipped"
	rm -rf "$lists"
}

# Each is started through its own loader, so that it finds its own C library.
release_runs() {
	"$1/usr/lib64/ld-linux-x86-64.so.2" --library-path "$1/usr/lib/x86_64-linux-gnu:$1/usr/lib/ipsec" \
		--list "$1/$runs" >/dev/null
}

# As libreswan_ready, with the certutil of its own release.
libreswan5_ready() {
	release_runs "$1" && mkdir "$1/nssdb" &&
		"$1/usr/lib64/ld-linux-x86-64.so.2" --library-path "$1/usr/lib/x86_64-linux-gnu" "$1/usr/bin/certutil" \
			-N -d "sql:$1/nssdb" --empty-password
}

fetch_releases() {
	local after=release_runs runs=usr/lib/x86_64-linux-gnu/libcrypto.so.3
	fetch_release trixie $trixie $runs libssl3t64
	runs=usr/lib/ipsec/plugins/libstrongswan-vici.so
	fetch_release forky $forky $runs strongswan-libcharon strongswan-charon strongswan-swanctl
	after=libreswan5_ready runs=usr/libexec/ipsec/pluto
	fetch_release forky $libreswan5 $runs libreswan libnss3-tools
}

kernel_ready() {
	local v
	v=$(ls "$1/lib/modules") && depmod -b "$1" "$v"
}

fetch_kernel() {
	local image
	[ -d $kernel/lib/modules ] && return
	apt_update
	image=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
	[ -n "$image" ] || die "apt knows no linux-image-amd64"
	say "unpacking $image into $kernel"
	after=kernel_ready fetch $kernel "$image"
}

# shellcheck disable=SC2086 # the sets are lists of names
case "${1:-check}" in
build)	install_packages $build ;;
demo)	install_packages $build $demo ;;
check)	install_packages $build $demo $check; fetch_peers; fetch_releases; fetch_kernel ;;
bench)	install_packages $build $demo $check $bench; fetch_peers; fetch_releases; fetch_kernel ;;
*)	echo "usage: test/deps.sh [build|demo|check|bench]" >&2; exit 1 ;;
esac
