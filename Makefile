# `make demo` and `make test` need nothing but a fresh clone; see README.md.

venv := .venv
python := $(venv)/bin/python
lab := $(python) tests/lab/machine.py
two := --numprocesses 2 --dist worksteal

.PHONY: help demo test lint unit lowest lab pi-lab lab-packages browser browser-packages screenshots bench fuzz picture schema reference wheel deb lab-deb clean

help:
	@echo "make demo     show what an Analog Four records, without one"
	@echo "make test     run every test: style, types, units, service, lowest versions, lab"
	@echo "make bench    measure latency in the lab, beside other routers, and write docs/latency.md"
	@echo "make fuzz     try 100,000 cases of everything that comes from outside (hours)"
	@echo "make pi-lab   install and play on an emulated Raspberry Pi (long)"
	@echo "make picture  make the README's picture anew"
	@echo "make screenshots  make the pictures of the page anew"
	@echo "make wheel    build the wheel into dist/"
	@echo "make deb      build the Debian package into dist/"

$(venv)/stamp: pyproject.toml .ci/venv
	@.ci/venv $(venv)
	@touch $@

demo: $(venv)/stamp
	@$(venv)/bin/a4bridge demo

test: $(venv)/stamp lint lowest lab-packages browser-packages
	$(python) -m pytest $(two)

lint: $(venv)/stamp
	$(venv)/bin/ruff check .
	$(venv)/bin/ruff format --check .
	$(venv)/bin/mypy

# Without the lab: what a person runs while writing.
unit: $(venv)/stamp
	$(python) -m pytest -m "not lab" $(two)

lowest:
	@.ci/venv .cache/lowest .ci/lowest.txt
	.cache/lowest/bin/python -m pytest -q -m "not lab and not stdlib" --ignore tests/browser -p no:cacheprovider $(two)

# As root on Debian the lab's packages are installed; elsewhere pytest says in one line which are missing.
lab-packages: $(venv)/stamp
	@if [ "$$(id -u)" = 0 ] && [ -f /etc/debian_version ] && ! $(lab) missing >/dev/null; then \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends $$($(lab) packages) >/dev/null; \
	fi

# As root on Debian; elsewhere pytest says in one line what is missing.
browser-packages:
	@if [ "$$(id -u)" = 0 ] && [ -f /etc/debian_version ] && ! command -v chromium >/dev/null; then \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	fi

browser: $(venv)/stamp browser-packages
	$(python) -m pytest tests/browser

screenshots: $(venv)/stamp browser-packages
	A4BRIDGE_SCREENSHOTS=docs $(python) -m pytest tests/browser -k picture

lab: lab-packages
	$(python) -m pytest -m lab

# Not a test: it takes half an hour the first time, then ten minutes. It needs root, and what `tests/lab/pi.py packages` prints.
pi-lab: lab-packages
	$(python) tests/lab/pi.py docs/pi-lab.log

# The other routers come into .cache/peers; what can't is left out, and the page says so. mididings and RtMidi have to be built.
bench: lab-packages
	@if [ "$$(id -u)" = 0 ] && [ -f /etc/debian_version ] && ! command -v g++ >/dev/null; then \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends g++ pkg-config python3-dev >/dev/null; \
	fi
	$(python) benchmarks/race.py

# Not a test: the tests take a few cases of each (tests/fuzz/test_fuzz.py). What failed is in .cache/fuzz.
# There are wheels of atheris for some systems only, so it is no dependency.
fuzz:
	@.ci/venv .cache/fuzz-venv
	.cache/fuzz-venv/bin/pip install --quiet --disable-pip-version-check "atheris>=3,<4"
	nice -n 19 .cache/fuzz-venv/bin/python tests/fuzz/long_run.py

picture: $(venv)/stamp
	$(venv)/bin/a4bridge demo --svg docs/demo.svg >/dev/null

schema: $(venv)/stamp
	set -e; for kind in profile settings; do \
		$(venv)/bin/a4bridge schema $$kind > .schema.json; mv .schema.json config/schema/$$kind.schema.json; done

reference: $(venv)/stamp
	$(python) -m a4bridge.core.reference docs/profiles.md
	$(python) -m a4bridge.core.boxes_reference docs/boxes.md

wheel: $(venv)/stamp
	$(python) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

deb:
	@.ci/deb dist

# The package alone, on a Debian 13 in the lab.
lab-deb: lab-packages
	$(python) -m pytest tests/lab/test_deb.py

clean:
	rm -rf .venv .cache build dist
