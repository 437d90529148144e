# The kernels a scenario can run on, best first. For each: what it can do, whether it is to be had here, and how to start it.
# Sourced by test/lab/run. guest_KIND OUT SCRIPT LIMIT becomes the guest (exec): what it prints is the console of the scenario, it
# is over when the guest is, and SIGTERM ends it with all that belongs to it.
# shellcheck shell=bash

kernel_dir=build/kernel
initrd=$kernel_dir/lab-initrd.gz

# kind  features of its kernel (host: asked when needed)
declare -A guest_features=(
	[host]=""
	[uml]="esp vti"
	[qemu]="esp vti xfrmi nft asan"		# asan: an address space that the sanitizer's shadow fits into
)
guest_order="host uml qemu"

# --- host: namespaces of the machine itself ---

host_try() {
	unshare --net -- "$@" >/dev/null 2>&1
}

# An SA with AES-GCM and the tunnel interface: the two things a kernel may lack.
host_has() {
	case $1 in
	esp)	host_try ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 1 reqid 1 mode tunnel \
			aead 'rfc4106(gcm(aes))' "0x$(printf '%072d' 0)" 128 ;;
	vti)	host_try ip link add lab-vti type vti local 127.0.0.1 remote 127.0.0.2 key 1 ;;
	xfrmi)	host_try ip link add lab-xfrm type xfrm if_id 1 ;;
	nft)	host_try nft add table ip lab ;;
	asan)	true ;;
	esac
}

host_ready() {
	[ "$(id -u)" -eq 0 ] && command -v unshare ip >/dev/null
}

guest_host() {
	export LAB_KIND=host LAB_TOP=$PWD LAB_OUT=$1 LAB_SCRIPT=$2 LAB_LIMIT=$3
	exec unshare --net --mount --pid --uts --ipc --fork --kill-child --mount-proc -- test/lab/init
}

# --- user-mode Linux: the machine's root through hostfs ---

uml_ready() {
	command -v linux.uml >/dev/null
}

guest_uml() {
	exec linux.uml mem=768M rootfstype=hostfs root=/dev/root ro "init=$PWD/test/lab/init" con=null con0=fd:0,fd:1 quiet loglevel=1 \
		"uml_dir=$1/uml/" LAB_KIND=uml "LAB_TOP=$PWD" "LAB_OUT=$1" "LAB_SCRIPT=$2" "LAB_LIMIT=$3" \
		"KEEP=${KEEP:-}" "FULL=${FULL:-}" "CELLS=${CELLS:-}" \
		"ROWS=${ROWS:-}" "LAB_BUILD=${LAB_BUILD:-build}" </dev/null
}

# --- QEMU, in software: slower by ten, but a distribution's whole kernel ---

qemu_ready() {
	command -v qemu-system-x86_64 busybox cpio >/dev/null && [ -d $kernel_dir/lib/modules ]
}

initrd_init() {
	cat <<-'X'
	#!/bin/busybox sh
	for m in $(/bin/busybox cat /order); do /bin/busybox insmod "/m/$m"; done
	/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=1048576 root /root
	exec /bin/busybox switch_root /root "$LAB_TOP/test/lab/init"
	X
}

# Busybox and the few modules that mount the machine's root; built once, whole or not at all.
initrd_build() {
	local version work module
	version=$(ls $kernel_dir/lib/modules) || return
	[ -s $initrd ] && [ $initrd -nt test/lab/guests.sh ] && return
	work=$(mktemp -d $kernel_dir/initrd.XXXXXX) || return
	mkdir -p "$work/bin" "$work/m" "$work/root" "$work/dev"
	cp "$(command -v busybox)" "$work/bin/busybox"
	for module in virtio_pci 9pnet_virtio 9p; do
		modprobe -d $kernel_dir -S "$version" --show-depends $module
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
		cp "$module" "$work/m/" && basename "$module"
	done >"$work/order"
	initrd_init >"$work/init"
	chmod 755 "$work" "$work/init"
	(cd "$work" && find . | cpio --quiet -o -H newc | gzip -1) >"$work.gz" && mv "$work.gz" $initrd
	rm -rf "$work"
	[ -s $initrd ]
}

guest_qemu() {
	local vars="LAB_KIND=qemu LAB_TOP=$PWD LAB_OUT=/mnt/out LAB_SCRIPT=$2 LAB_LIMIT=$3 KEEP=${KEEP:-}"
	vars="$vars FULL=${FULL:-} CELLS=${CELLS:-} ROWS=${ROWS:-} LAB_BUILD=${LAB_BUILD:-build}"
	exec qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -no-reboot -nic none \
		-display none -vga none -monitor none -serial stdio \
		-kernel $kernel_dir/boot/vmlinuz-* -initrd $initrd \
		-virtfs local,path=/,security_model=none,mount_tag=root,readonly=on,multidevs=remap \
		-virtfs "local,path=$1,security_model=none,mount_tag=out" \
		-append "console=ttyS0 loglevel=1 panic=-1 mitigations=off $vars" </dev/null
}
