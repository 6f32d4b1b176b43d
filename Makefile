# Everything runs in .venv, made from plain Python 3.11 at the first call and reused from then on.
PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
GUIDED := .venv/.guided

# Tests at a time: three for each processor, as many of them wait for a clock; 8 at most.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 3 ? 3 * n : 8)))
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
# Rooms that need no server and no child process, and wait for nothing.
QUICK = tests/at tests/disk tests/host/channel tests/host/found tests/models tests/net/http tests/net/test_url.py \
	tests/text tests/trace tests/twin/engine tests/test_transcripts.py $(HOUSE)
# What holds the source and its pages to each other.
HOUSE := tests/test_floors.py tests/test_house.py tests/test_names.py tests/test_docstrings.py \
	tests/docs/test_architecture.py tests/docs/test_decisions.py tests/docs/test_links.py \
	tests/docs/test_public_names.py tests/docs/test_spec.py tests/docs/words tests/cli/test_reference.py tests/twin/faults/test_plan.py

.PHONY: help demo check house test coverage lint style dist installs sbom bench prove programs newest reference pictures site clean tools

help:
	@echo "make demo       download an 11,975,260-byte file through a virtual module, killed once and resumed"
	@echo "                (URL=https://... fetches that instead, SHORT=1 a smaller file)"
	@echo "make check      formatting, types and the quick tests"
	@echo "make house      what holds the source and its pages to each other"
	@echo "make test       the whole test suite; of large cross products a sample, another one each time"
	@echo "make coverage   the same, with the coverage measured"
	@echo "make lint       ruff, mypy --strict, spelling, names and words, make site and make dist"
	@echo "make dist       wheel and sdist in dist, built twice with the same bytes, and looked at by twine"
	@echo "make installs   try both in empty environments of each Python that is here: a download, the plugin, a plan of faults"
	@echo "make sbom       what the wheel brings with it, as CycloneDX, in sbom"
	@echo "make bench      measure all that has a limit or a peer (docs/reference/benchmarks.md); the machine must be quiet"
	@echo "                (SHORT=1 compares ratios with those on record, within a minute)"
	@echo "make prove      try every claim of docs/explanation/proof.md thousands of times, from numbers nobody ran before: hours;"
	@echo "                goes on where it was stopped (FRESH=1 starts over; installs QEMU and a cross compiler)"
	@echo "                (SHORT=1 three minutes of it; ARGS='schedules --seed 7' one try, with everything told)"
	@echo "make programs   start programs of others on every model (docs/howto/by-hand.md); installs them"
	@echo "make newest     the quick tests on the newest Python that is here"
	@echo "make reference  write the generated pages of docs/reference from the source"
	@echo "make pictures   take the pictures in docs/images: the panel and a campaign (by Chromium), a terminal that moves"
	@echo "make site       build the site of docs, English and Chinese, into site/, and check every link of it"
	@echo "make clean      remove .venv and everything generated"

demo: $(RUNTIME)
	@$(BIN)/python examples/demo.py $(if $(SHORT),--short) $(if $(URL),'$(URL)')

check: lint
	$(PYTEST) -n logical -m "not slow" $(QUICK)

house: $(DEV)
	$(PYTEST) -n 0 $(HOUSE)

test: $(DEV) tools
	$(PYTEST) $(ARGS)

coverage: $(DEV) tools
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-fail-under=90 $(ARGS)

newest: tools
	@.ci/newest "$(QUICK)"

# What is quick first.
lint: style site dist

style: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/codespell
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/python -m pytest --noconftest -p pytest_timeout tests/docs/words

# Both languages, each link of them followed. Nothing is done while the pages are those of the last time.
site: site/.built

site/.built: $(DEV) mkdocs.yml $(shell find docs tests/docs/site examples *.md -type f ! -name '*.pyc')
	$(BIN)/python -m tests.docs.site
	@touch $@

dist: $(DEV)
	$(BIN)/python -m tests.release.dist dist

installs: dist
	$(BIN)/python -m tests.release.installs dist

sbom: dist
	$(BIN)/python -m tests.release.sbom dist sbom/atwin.cdx.json

bench: $(DEV) tools
	@$(BIN)/python -m bench $(if $(SHORT),--short)

prove: $(GUIDED) tools
ifndef SHORT
	@.ci/need qemu-system-arm=qemu-system-arm arm-none-eabi-gcc=gcc-arm-none-eabi \
		/usr/lib/arm-none-eabi/newlib/nano.specs=libnewlib-arm-none-eabi
endif
	$(BIN)/python -m tests.prove $(if $(SHORT),--short) $(if $(FRESH),--fresh) $(ARGS)

programs: $(DEV)
	@.ci/need gsmctl=gsm-utils smsd=smstools gnokii=gnokii-cli wvdialconf=wvdial node=nodejs npm=npm gcc=gcc
	@test -d .programs/node_modules/serialport-gsm || \
		npm install --silent --no-audit --no-fund --prefix .programs serialport-gsm@4.0.1
	$(BIN)/python -m tests.prove.programs

reference: $(RUNTIME)
	$(BIN)/python -m atwin.cli.reference docs
	$(BIN)/python -m tests.docs.api docs/reference/api.md
	$(BIN)/python -m tests.docs.cli docs/reference/cli.md
	$(BIN)/python -m tests.docs.faults docs/reference/faults.md
	$(BIN)/python -m tests.docs.fleet_plan docs/reference

pictures: $(DEV) tools
	$(BIN)/python -m tests.docs.pictures docs/images
	$(BIN)/python -m tests.docs.cast docs/images

tools:
	@.ci/need git=git nginx=nginx-light gnutls-serv=gnutls-bin openssl=openssl curl=curl zsh=zsh fish=fish tcpdump=tcpdump ip=iproute2 tshark=tshark node=nodejs \
		chromium-headless-shell=chromium-headless-shell /usr/share/fonts/truetype/wqy/wqy-microhei.ttc=fonts-wqy-microhei

$(RUNTIME): pyproject.toml
	@.ci/venv $(PYTHON) .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[console]'
	@touch $@

$(DEV): pyproject.toml
	@.ci/venv $(PYTHON) .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps gsmHat==0.4.2 # what it asks for is no pyserial
	@touch $(RUNTIME) $@

# Where there is no wheel of it, fuzzers are not guided by coverage.
$(GUIDED): $(DEV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --only-binary atheris --editable '.[prove]' || \
		echo "atheris is not available here: fuzzers go by seeds alone"
	@touch $@

clean:
	rm -rf .venv .venv-newest .site site dist sbom .demo .bench .programs .screens .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
