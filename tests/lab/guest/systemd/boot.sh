# Runs a file of tests under a real systemd as first process, on a machine where a4bridge is installed for everybody.
#   boot.sh PYTHON TESTS
python=$1 tests=$2
: >/etc/fstab
units=/etc/systemd/system
# As `pipx install --global` leaves it, in /opt: the environment with the program may be in /tmp, and the Python that it
# was made with in the home of root, neither of which the service's user sees.
place=/opt/a4bridge
base=$("$python" -c 'import sys; print(sys.base_prefix)')
name=$(basename "$(readlink -f "$python")")
mkdir -p $place/bin $place/lib
if [ "$base" != /usr ]; then
    mkdir -p /opt/python
    mount --bind "$base" /opt/python
    base=/opt/python
fi
mount --bind "$(dirname "$python")/../lib" $place/lib
ln -s "$base/bin/$name" $place/bin/python
printf 'home = %s\n' "$base/bin" >$place/pyvenv.cfg
sed "1s|.*|#!$place/bin/python|" "$(dirname "$python")/a4bridge" >$place/bin/a4bridge
chmod +x $place/bin/a4bridge

cat >$units/lab.service <<UNIT
[Unit]
DefaultDependencies=no
After=basic.target
Wants=basic.target
[Service]
Environment=HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
ExecStart=$python -m pytest -c $(dirname "${tests%% *}")/../pytest.ini $tests
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
