#!/bin/busybox sh
# First process of the lab on Debian 13: a disk of its own is the root (a file of the host's as persistent memory, which
# is read without waiting; what is written to it is forgotten). The repository is where the host has it.
# GUEST_PRELUDE and GUEST_REPOSITORY come from the kernel's command line.
busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /root
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sys /sys
$busybox mount -t devtmpfs dev /dev
for module in /modules/*; do
    $busybox insmod "$module" 2>/dev/null # one is for processors that count checksums themselves
done
until $busybox mount -t ext4 /dev/pmem0 /root 2>/dev/null; do
    $busybox sleep 0.1
done
share=trans=virtio,version=9p2000.L,msize=512000
$busybox mkdir -p /root/out "/root$GUEST_REPOSITORY"
$busybox mount -t 9p -o $share out /root/out
$busybox mount -t 9p -o $share,ro,cache=loose repository "/root$GUEST_REPOSITORY"
for mounted in proc sys dev; do
    $busybox mount --move /$mounted /root/$mounted
done
exec $busybox switch_root /root /bin/sh "$GUEST_PRELUDE"
