# SPDX-License-Identifier: GPL-2.0-or-later
# For `.`: Debian's kernel, and initial RAM disks with modules of it.  Who uses
# it has say(), and $unpacked and $release: where a kernel's package is unpacked
# and depmod has been, and which kernel that is.
lab=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# What is built from these files; part of the name that the result is kept under.
lab_inputs=("$lab/kernel.sh" "$lab/uncompress-kernel")

version() { apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'; }

# The package that linux-image-amd64 stands for
kernel_package() { apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n1; }

# download_and_unpack TO PACKAGE... - nothing is installed
download_and_unpack()
{
	local to=$1 debs=$1.debs deb
	shift
	mkdir "$debs"
	(cd "$debs" && apt-get -q -o APT::Sandbox::User=root download "$@" >&2) || return
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$to" || return
	done
	rm -rf "$debs"
	# Since Debian 13 modules are packaged in /usr/lib.
	[ -e "$to/lib" ] || ln -s usr/lib "$to/lib"
}

# copy_modules FROM TO MODULE... - with what they depend on, uncompressed
copy_modules()
{
	local from=$1 to=$2 file name
	shift 2
	for m in "$@"; do
		modprobe -d "$from" -S "$release" --show-depends "$m" 2>/dev/null || say "no module $m"
	done | awk '/^insmod/ && !seen[$2]++ { print $2 }' | while read -r file; do
		name=${file#"$from"}
		mkdir -p "$to/$(dirname "$name")"
		case $file in
		*.xz) name=${name%.xz} && xz -dc "$file" >"$to/$name" ;;
		*.zst) name=${name%.zst} && zstd -dcq "$file" >"$to/$name" ;;
		*) cp "$file" "$to/$name" ;;
		esac || return
		echo "$name"
	done
}

# initrd DIR INIT MODULE... - a busybox, some modules, an init, as a cpio
initrd()
{
	local dir=$1 init=$2
	shift 2
	mkdir -p "$dir"/{bin,proc,sys,dev,root,sbin}
	cp /bin/busybox "$dir/bin/"
	ln -s busybox "$dir/bin/sh"
	for program in poweroff reboot; do	# the kernel runs these
		printf '#!/bin/sh\nexec /bin/busybox %s -f\n' $program >"$dir/sbin/$program"
		chmod 755 "$dir/sbin/$program"
	done
	copy_modules "$unpacked" "$dir" "$@" >"$dir/modules"
	install -m 755 "$init" "$dir/init"
	(cd "$dir" && find . | cpio -o -H newc --quiet)
}
