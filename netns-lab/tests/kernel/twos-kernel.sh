#!/usr/bin/env bash
# Makes a guest kernel that has the scheduler twos, which Debian 12's user-mode Linux lacks: builds
# that one module from Debian's source of the same release, with the kernel's own configuration.
#
#   twos-kernel.sh LINUX_UML FOLDER     then: netns-lab run --kernel FOLDER/bin/linux.uml --scheduler twos
#
# Needs a C compiler, make, flex, bison, bc and libelf's headers, and 2 GB in FOLDER while it builds.
set -euo pipefail
if [ $# != 2 ]; then
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
kernel=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
release=$("$kernel" --version)
branch=${release%.*}
modules=lib/uml/modules/$release

mkdir -p "$folder/bin" "$folder/lib/uml/modules" "$folder/source"
cp "$kernel" "$folder/bin/linux.uml"
cp -r "$(dirname "$kernel")/../$modules" "$folder/lib/uml/modules/"

cd "$folder/source"
version=$(apt-cache madison "linux-source-$branch" | awk -v r="$release-" 'index($3, r) == 1 { print $3; exit }')
if [ -z "$version" ]; then
    echo "Debian has no linux-source-$branch of release $release (any more)" >&2
    exit 69
fi
apt-get download -q "linux-source-$branch=$version"
dpkg-deb --fsys-tarfile linux-source-*.deb | tar -xO --wildcards './usr/src/*.tar.xz' | tar -xJ --strip-components=1
"$kernel" --showconfig >.config
sed -i 's/# CONFIG_IP_VS_TWOS is not set/CONFIG_IP_VS_TWOS=m/; s/^CONFIG_LOCALVERSION_AUTO=y/# &/' .config
make -s ARCH=um olddefconfig modules_prepare
# Without the kernel's list of symbols: it has no checksums of them (CONFIG_MODVERSIONS).
make -s ARCH=um M=net/netfilter/ipvs KBUILD_MODPOST_WARN=1 ip_vs_twos.ko 2>/dev/null
cd "$folder"
ipvs=$modules/kernel/net/netfilter/ipvs
mv source/net/netfilter/ipvs/ip_vs_twos.ko "$ipvs/"
rm -r source
sed -n 's/ip_vs_wlc\.ko:/ip_vs_twos.ko:/p' "$modules/modules.dep" >>"$modules/modules.dep.twos"
cat "$modules/modules.dep.twos" >>"$modules/modules.dep"
rm "$modules/modules.dep.twos"
echo "$folder/bin/linux.uml"
