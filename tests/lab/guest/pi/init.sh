#!/bin/busybox sh
# First process of the emulated Pi: mounts its card, read-only under a layer in memory if CARD is "read-only" (what
# raspi-config calls the overlay file system), with the folders /run/lab and /run/out of the host's, and goes there.
# CARD and STAGE come from the kernel's command line, which hands unknown names to the first process as environment.
busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /card /upper /root
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sys /sys
$busybox mount -t devtmpfs dev /dev
for module in /modules/*; do
    $busybox insmod "$module"
done
if [ "$CARD" = read-only ]; then
    $busybox mount -t ext4 -o ro,noload /dev/vda /card
    $busybox mount -t tmpfs tmpfs /upper
    $busybox mkdir /upper/data /upper/work
    $busybox mount -t overlay -o lowerdir=/card,upperdir=/upper/data,workdir=/upper/work root /root
else
    $busybox mount -t ext4 -o noatime /dev/vda /root
fi
$busybox mount -t tmpfs -o mode=755 run /root/run
$busybox mkdir /root/run/lab /root/run/out
share=trans=virtio,version=9p2000.L,msize=512000
$busybox mount -t 9p -o $share,ro lab /root/run/lab
$busybox mount -t 9p -o $share out /root/run/out
for mounted in proc sys dev; do
    $busybox mount --move /$mounted /root/$mounted
done
exec $busybox switch_root /root /bin/sh "/run/lab/pi/$STAGE.sh"
