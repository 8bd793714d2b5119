.PHONY: check
check:  ## lint, types and tests in a fresh environment, as CI runs them
	bash .ci/run
