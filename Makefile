# Python >= 3.11 and make are all it needs; uv is used when it is on PATH. Nothing is installed outside .venv.
.DEFAULT_GOAL := help
.SUFFIXES:
.PHONY: screenshots help demo run test faults hostile canary fuzz servers check bench lock

VENV := .venv
PY := $(VENV)/bin/python

# Where this is set for images, every process would compile each of our modules again: 0.4 s, hundreds of times in a test run.
unexport PYTHONDONTWRITEBYTECODE

# A virtual environment whose interpreter is gone looks complete to make.
$(shell test -x $(PY) || rm -rf $(VENV))

# Version managers leave commands on PATH that do not run, so each candidate is tried.
define make_venv
for python in "$$PYTHON" python3.13 python3.12 python3.11 python3; do \
  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
done; \
[ -n "$$python" ] || { echo "Python 3.11 or newer is needed and none was found on PATH." >&2; exit 1; }; \
if command -v uv >/dev/null; then uv venv --quiet --allow-existing --python "$$(command -v "$$python")" $(VENV); else "$$python" -m venv $(VENV); fi
endef

# One stamp a lock: .venv/.requirements-dev is as new as the last install of requirements-dev.txt.
$(VENV)/.%: %.txt
	@test -x $(PY) || { $(make_venv); }
	@echo "Installing $< into $(VENV) (the first time takes a minute or two)"
	@if command -v uv >/dev/null; then uv pip install --quiet --python $(PY) --require-hashes -r $<; else \
	  $(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null; \
	  $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; fi
	@touch $@

help:
	@echo "make demo     local servers with data, an organisation, the dashboard, a sign-in link (Ctrl-C ends it all)"
	@echo "make run      the dashboard alone, on ./data"
	@echo "make test     the tests, with whatever servers this machine has (ARGS='-k breaker -n 0')"
	@echo "make faults   breaks every kind of source in every way, against the clock (ARGS='-k mongodb')"
	@echo "make hostile  answers that mean harm, of every kind, and the memory that each takes (ARGS='-k s3')"
	@echo "make canary   looks for secrets wherever anybody can read, whatever fails: every configuration at every peer"
	@echo "make screenshots  a picture of every page and state in both languages and themes, into screenshots/"
	@echo "make fuzz     asks the HTTP interface everything that its document allows, and more (N=200 for longer)"
	@echo "make check    format, lint, types, import contracts, locks, message catalogues"
	@echo "make bench    the performance table (NAME=P13 for one goal)"
	@echo "make servers  installs the servers that the tests would otherwise skip"
	@echo "make lock     new versions of everything, within requirements*.in"

demo: $(VENV)/.requirements-demo
	@exec $(PY) -m demo

run: $(VENV)/.requirements
	@exec $(PY) app.py

test: $(VENV)/.requirements-dev
	@$(PY) -m pytest -n auto --dist loadgroup $(ARGS)

faults: $(VENV)/.requirements-dev
	@$(PY) -m tests.faults $(ARGS)

hostile: $(VENV)/.requirements-dev
	@CHESHMEH_TEST_HOSTILE=whole $(PY) -m tests.hostile $(ARGS)

canary: $(VENV)/.requirements-dev
	@CHESHMEH_TEST_CANARY=whole $(PY) -m pytest tests/canary $(ARGS)

fuzz: $(VENV)/.requirements-dev
	@CHESHMEH_TEST_FUZZ=$${N:-60} $(PY) -m pytest -s tests/api/test_fuzz.py $(ARGS)

screenshots: $(VENV)/.requirements-dev
	@mkdir -p screenshots
	@CHESHMEH_TEST_SCREENSHOTS=$(CURDIR)/screenshots $(PY) -m pytest tests/browser/test_every_state.py $(ARGS)
	@$(PY) -m tests.browser.pictures

check: $(VENV)/.requirements-dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	PYTHON=$(PY) .ci/locks check
	$(PY) -m core.i18n.check

bench: $(VENV)/.requirements-dev
	@$(PY) -m bench $(NAME)

servers:
	@tests/servers/install.sh

lock: $(VENV)/.requirements-dev
	PYTHON=$(PY) .ci/locks new
