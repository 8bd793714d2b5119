.PHONY: check
check:  ## lint, types and tests in a fresh environment, as CI runs them
	bash .ci/run

.PHONY: fuzz
fuzz:  ## damaged and odd files of a run, and requests, by the ten thousand: about an hour
	.venv/bin/python -m pytest -n 2 tests/hostile/test_fuzz.py --hypothesis-profile fuzz

.PHONY: storm
storm:  ## a run that is killed a hundred times ends, bit for bit, as one that never was
	.venv/bin/python -m pytest -n 0 -m long tests/training/test_kills.py

.PHONY: soak
soak:  ## half an hour of training, chatting and scoring in a real terminal: memory and descriptors stay
	.venv/bin/python -m pytest -n 0 -m long tests/tui/test_soak.py

.PHONY: scale
scale:  ## several processes and two machines, killed and unplugged, and a text of 1 GB; needs root for the machines
	.venv/bin/python -m pytest -n 0 -m "long or not long" tests/distribution
	.venv/bin/python benchmarks/large_text.py

.PHONY: serving-check
serving-check: .venv-serving/installed  ## a real server, with an exported model, asked what a client may ask
	.venv/bin/python -m pytest -n 0 -m serving tests/docs

.venv-serving/installed: docs/serving/requirements.txt
	python3 -m venv .venv-serving
	.venv-serving/bin/pip install --quiet --disable-pip-version-check -r docs/serving/requirements.txt
	.venv-serving/bin/pip uninstall --quiet --yes keras  # TensorFlow loads it where it is installed; a server does without
	touch $@
