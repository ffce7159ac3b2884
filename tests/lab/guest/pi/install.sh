# Installs the package as docs/raspberry-pi.md tells a player to; what it depends on lies on the card, there is no network.
#   install.sh PACKAGE
set -e
uname -srm
cat /etc/debian_version
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\n' >/etc/systemd/journald.conf.d/volatile.conf
systemctl restart systemd-journald
apt-get install -q -y -o Dpkg::Use-Pty=0 --no-install-recommends "$1"
systemctl is-enabled a4bridge
systemctl is-active a4bridge
