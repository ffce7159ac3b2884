#!/bin/busybox sh
# First process of the lab: makes the host's own root (9p, read-only, under a tmpfs) the guest's root and goes there.
# GUEST_PRELUDE comes from the kernel's command line, which hands unknown names to the first process as environment.
busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /host /upper /root
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sys /sys
$busybox mount -t devtmpfs dev /dev
for module in /modules/*; do
    $busybox insmod "$module"
done
share=trans=virtio,version=9p2000.L,msize=512000
$busybox mount -t 9p -o $share,ro,cache=loose root /host
$busybox mount -t tmpfs tmpfs /upper
$busybox mkdir /upper/data /upper/work
$busybox mount -t overlay -o lowerdir=/host,upperdir=/upper/data,workdir=/upper/work root /root
$busybox mkdir -p /root/out
$busybox mount -t 9p -o $share out /root/out
for mounted in proc sys dev; do
    $busybox mount --move /$mounted /root/$mounted
done
exec $busybox switch_root /root /bin/sh "$GUEST_PRELUDE"
