# Targets around the demo service; included by the Makefile.
# In: nothing. Out: the tools and images that stacks need, and the demo's repository in .demo/shop.
# Each is quick and harmless when repeated; from nothing setup and images take up to 3 minutes.
.PHONY: setup images demo-repo demo demo-all demo-github clean-demo

setup: ## Installs what is missing: Docker Engine, compose v2, buildx, git, make, a C compiler
	@scripts/setup.sh

images: setup ## Pulls the base images, or builds them from Debian packages where no registry answers
	@scripts/images.sh >/dev/null

demo-repo: ## Makes the demo service's git repository in .demo/shop
	@scripts/demo-repo.sh .demo/shop >/dev/null

demo: ## Tests the demo service's commits: a harmless one, a slow one, one that doesn't build
	@scripts/demo.sh

demo-all: ## Tests every commit of the demo service (about 15 minutes)
	@DEMO=all scripts/demo.sh

demo-github: ## Plays the story of a pull request before a fake GitHub (about 8 minutes)
	@scripts/demo-github.sh

clean-demo: ## Takes away everything that the demo made
	@scripts/clean-demo.sh
