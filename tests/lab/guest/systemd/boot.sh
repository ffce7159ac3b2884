# Runs a file of tests under a real systemd as first process, with the shipped unit installed.
#   boot.sh PYTHON TESTS UNIT
python=$1 tests=$2 unit=$3
: >/etc/fstab
units=/etc/systemd/system
cp "$unit" $units/a4bridge.service
mkdir -p $units/a4bridge.service.d
# As if a4bridge had been installed for everybody: the environment that it lies in may be in /tmp, which the service does
# not see, and the Python that it was made with in the home of root, which a user of its own may not enter.
mkdir -p /opt/a4bridge
mount --bind "$(dirname "$python")/.." /opt/a4bridge
chmod a+rx /root
printf '[Service]\nExecStart=\nExecStart=/opt/a4bridge/bin/python -m a4bridge run\nProtectHome=read-only\n' \
    >$units/a4bridge.service.d/lab.conf
cat >$units/lab.service <<UNIT
[Unit]
DefaultDependencies=no
After=basic.target
Wants=basic.target
[Service]
Environment=HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
ExecStart=$python -m pytest -c $(dirname "$tests")/../pytest.ini $tests
StandardOutput=file:/dev/console
StandardError=file:/dev/console
ExecStopPost=/bin/sh -c 'echo \$EXIT_STATUS >/out/status; sync; busybox poweroff -f'
UNIT
printf '[Unit]\nWants=lab.service\n' >$units/lab.target
# What a machine does for itself at a start would only take time, above all the cleaning of this computer's own /tmp.
for each in systemd-tmpfiles-setup.service systemd-update-utmp.service timers.target; do
    ln -s /dev/null $units/$each
done
exec /lib/systemd/systemd --unit=lab.target --show-status=0
