# Starts systemd as a Pi does, all the way, with one unit more: the script in the file /run/out/guest; then the power
# switch. The unit lies in /run and so not on the card. Modules and file system are those of the USB devices' own ends
# (usb.py); what the bridge needs comes by itself, as on a Pi.
units=/run/systemd/system
mkdir -p $units/multi-user.target.wants
cat >$units/lab.service <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=exec
Environment=HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1
ExecStartPre=modprobe -a libcomposite usb_f_midi
ExecStartPre=modprobe dummy_hcd num=8 is_high_speed=1
ExecStartPre=sh -c 'mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config'
ExecStart=sh /run/out/guest
StandardOutput=file:/dev/console
StandardError=file:/dev/console
ExecStopPost=sh -c 'echo $EXIT_STATUS >/run/out/status; sync; busybox poweroff -f'
TimeoutStartSec=infinity
UNIT
ln -s ../lab.service $units/multi-user.target.wants/lab.service
ln -s /dev/null $units/serial-getty@ttyAMA0.service # the serial line is for the log
# In virtual time an idle processor leaps to its next timer, also while it waits for the card, and systemd's patience
# would end. So something must always run, at the one priority that delays nobody.
chrt --idle 0 sh -c 'while :; do :; done' &
exec /usr/lib/systemd/systemd --show-status=0
