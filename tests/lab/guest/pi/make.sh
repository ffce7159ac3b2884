# Sets up what debootstrap has only unpacked, and the tests' own tools: once, on the processor that it is meant for.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
(
    set -e
    /debootstrap/debootstrap --second-stage
    apt-get install -y --no-download --no-install-recommends python3-pytest busybox-static
    rm /etc/dpkg/dpkg.cfg.d/lab
) 2>&1
echo $? >/run/out/status
sync
busybox poweroff -f
