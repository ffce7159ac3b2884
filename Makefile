# `make demo` and `make test` need nothing but a fresh clone; see README.md.

venv := .venv
python := $(venv)/bin/python
lab := $(python) tests/lab/machine.py

.PHONY: help demo test lint unit lowest lab lab-packages bench picture schema reference wheel clean

help:
	@echo "make demo     show what an Analog Four records, without one"
	@echo "make test     run every test: style, types, units, service, lowest versions, lab"
	@echo "make bench    measure latency in the lab"
	@echo "make picture  make the README's picture anew"
	@echo "make wheel    build the wheel into dist/"

$(venv)/stamp: pyproject.toml .ci/venv
	@.ci/venv $(venv)
	@touch $@

demo: $(venv)/stamp
	@$(venv)/bin/a4bridge demo

test: $(venv)/stamp lint lowest lab-packages
	$(python) -m pytest

lint: $(venv)/stamp
	$(venv)/bin/ruff check .
	$(venv)/bin/ruff format --check .
	$(venv)/bin/mypy

# Without the lab: what a person runs while writing.
unit: $(venv)/stamp
	$(python) -m pytest -m "not lab"

lowest:
	@.ci/venv .cache/lowest .ci/lowest.txt
	.cache/lowest/bin/python -m pytest -q -m "not lab" -p no:cacheprovider

# As root on Debian the lab's packages are installed; elsewhere pytest says in one line which are missing.
lab-packages: $(venv)/stamp
	@if [ "$$(id -u)" = 0 ] && [ -f /etc/debian_version ] && ! $(lab) missing >/dev/null; then \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends $$($(lab) packages) >/dev/null; \
	fi

lab: lab-packages
	$(python) -m pytest -m lab

bench: lab-packages
	$(python) benchmarks/latency.py

picture: $(venv)/stamp
	$(venv)/bin/a4bridge demo --svg docs/demo.svg >/dev/null

schema: $(venv)/stamp
	set -e; for kind in profile settings; do \
		$(venv)/bin/a4bridge schema $$kind > .schema.json; mv .schema.json config/schema/$$kind.schema.json; done

reference: $(venv)/stamp
	$(python) -m a4bridge.core.reference docs/profiles.md

wheel: $(venv)/stamp
	$(python) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

clean:
	rm -rf .venv .cache build dist
