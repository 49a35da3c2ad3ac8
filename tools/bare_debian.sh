#!/usr/bin/env bash
# Shows that the two commands work on a Debian with nothing but apt in it:
#
#	tools/bare_debian.sh SUITE FOLDER
#
# makes a minimal SUITE (bookworm, trixie) in FOLDER with debootstrap, clones HEAD into it, and runs there
# `./dev up` until the gateway is ready, then `./dev test --smoke`. Wants root. The bare system is kept as
# FOLDER/SUITE.base; the run happens in a copy of it, FOLDER/SUITE, with its own mounts and processes.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. tools/dev/say.sh
. tools/dev/install.sh

[ $# -eq 2 ] || die "usage: tools/bare_debian.sh SUITE FOLDER"
suite=$1 base=$2/$1.base root=$2/$1
port=${PORT:-18080}

make_base() {
	[ ! -e "$base/done" ] || return 0
	local mirror
	mirror=$(debian_mirror "$suite")
	[ -n "$mirror" ] || mirror=$(debian_mirror "$(. /etc/os-release && echo "$VERSION_CODENAME")")
	[ -n "$mirror" ] || die "found no Debian mirror in the apt sources of this machine"
	command -v debootstrap >/dev/null || die "wants debootstrap: apt-get install debootstrap"
	say "making a bare $suite"
	rm -rf "$base"
	mkdir -p "$base"
	quietly "$base.log" debootstrap --variant=minbase "$suite" "$base" "$mirror"
	touch "$base/done"
}

# What this machine needs to reach its network goes along: names, own certificates, package clients' settings.
copy_network() {
	local file
	for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc /usr/local/share/ca-certificates/*.crt; do
		[ ! -e "$file" ] || install -D -m 644 "$file" "$root$file"
	done
	env | grep -E '^([a-z]+_proxy|[A-Z]+_PROXY|PIP_CERT|PIP_INDEX_URL|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)=' \
		>"$root/network.env" || true
}

# Inside: brings `./dev up` up, waits for /ready, stops it as Ctrl-C would, then runs the short tests.
inside() {
	cat <<-'END'
		set -eum
		cd /layer
		set -a; . /network.env; set +a
		export HOME=/ LANG=C.UTF-8
		ready() { # 200 from /ready, with what a bare system has: bash
			exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
			printf 'GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
			read -r -t 5 _ status _ <&3 && [ "$status" = 200 ]
		}
		./dev up --listen "127.0.0.1:$1" </dev/null &
		up=$!
		for _ in $(seq 1200); do
			kill -0 $up 2>/dev/null || { wait $up; exit 1; }
			(ready "$1") 2>/dev/null && break
			sleep 0.5
		done
		(ready "$1")
		echo "==> ready"
		kill -INT $up
		wait $up
		echo "==> stopped"
		./dev test --smoke </dev/null
	END
}

make_base
say "copying it"
rm -rf "$root"
cp -a --reflink=auto "$base" "$root"
rm -rf "$root"/var/lib/apt/lists/* # as in container images
copy_network
git clone -q --no-hardlinks . "$root/layer"
inside >"$root/inside.sh"
say "running in $root"
unshare --mount --pid --fork --kill-child bash -euc '
	mount --make-rprivate /
	mount -t proc proc "$1/proc"
	mount --rbind /dev "$1/dev"
	exec chroot "$1" bash /inside.sh "$2"' bash "$root" "$port"
say "$suite: both commands work"
