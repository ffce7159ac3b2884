#!/bin/sh
# What a booted Linux has before anybody logs in, then the script /out/guest, then the power switch.
# GUEST_MODULES (the lab's kernel modules) comes from the kernel's command line.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
mount -t tmpfs tmpfs /run
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=0666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
busybox hostname lab
busybox ip link set lo up

# A home of its own: nothing of the host's user may change what a test sees.
export HOME=/run/home XDG_RUNTIME_DIR=/run/user/0 TMPDIR=/run/tmp
mkdir -p $HOME $XDG_RUNTIME_DIR $TMPDIR
chmod 700 $XDG_RUNTIME_DIR

mkdir -p /lib/modules
ln -sfn "$GUEST_MODULES" "/lib/modules/$(uname -r)"
modprobe -a snd-seq snd-seq-midi snd-seq-dummy snd-usb-audio libcomposite usb_f_midi usb_f_ss_lb usb_f_fs
modprobe dummy_hcd num=8 is_high_speed=1
mount -t configfs configfs /sys/kernel/config

cd "$HOME" || exit
# A script that begins with exec makes another program the first process, systemd for one, and sees to the end itself.
[ "$(head -c 5 /out/guest)" != "exec " ] || exec sh /out/guest
sh /out/guest
echo $? >/out/status
busybox poweroff -f
