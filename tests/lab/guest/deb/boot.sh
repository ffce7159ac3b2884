# Runs files of tests one after the other under a real systemd as first process, on a Debian 13 without a4bridge.
#   boot.sh [--installed] FILE...           files of this folder
# The packages are /out/*.deb. With --installed the older one is installed before systemd starts, so that the service
# comes with the machine; else the first file has to do it. A file that fails is the last.
[ "$1" != --installed ] || { shift && dpkg --install /out/a4bridge_0.1.0-1_all.deb >/out/installed.log; }
# Whatever is read from the host lets time leap (../clock.py says why): so the tests, and the lists of modules that udev
# looks into at each plug, lie here. Until the tests begin something runs all the time; from then on idle time is free.
guest=/run/guest
cp -r "$(dirname "$0")/.." $guest
modules=$(readlink -f "/lib/modules/$(uname -r)")
rm "/lib/modules/$(uname -r)"
mkdir "/lib/modules/$(uname -r)"
cp "$modules"/modules.* "/lib/modules/$(uname -r)"
ln -s "$modules/kernel" "/lib/modules/$(uname -r)/kernel"
chrt --idle 0 sh -c 'while :; do :; done' &
units=/etc/systemd/system
cat >/run/tests.sh <<SCRIPT
kill $!
for file in $*; do
    python3 -m pytest -c $guest/pytest.ini $guest/deb/\$file || exit
done
SCRIPT
cat >$units/lab.service <<UNIT
[Unit]
DefaultDependencies=no
After=basic.target
Wants=basic.target
[Service]
Environment=HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 PYTHONPATH=$guest DEBIAN_FRONTEND=noninteractive STORM_SECONDS=$STORM_SECONDS
ExecStart=/bin/sh /run/tests.sh
StandardOutput=file:/dev/console
StandardError=file:/dev/console
ExecStopPost=/bin/sh -c 'echo \$EXIT_STATUS >/out/status; sync; busybox poweroff -f'
UNIT
printf '[Unit]\nWants=lab.service multi-user.target\n' >$units/lab.target
# Nobody logs in, and what comes once a day does not come.
for each in getty.target timers.target systemd-journal-catalog-update.service systemd-binfmt.service; do
    ln -s /dev/null $units/$each
done
exec /lib/systemd/systemd --unit=lab.target --show-status=0
