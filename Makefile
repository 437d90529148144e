# vpnd: `make help` says what there is.
CC = gcc
CFLAGS = -O2 -g
PREFIX = /usr/local
SAN =
WERROR =
Q = $(if $(V),,@)

FLAVOUR := $(if $(SAN),san,rel)$(if $(filter clang%,$(notdir $(CC))),-clang)
OUT := build/$(FLAVOUR)
PKGS = libmnl libnl-3.0 libnl-route-3.0 libcrypto libconfig jansson expat libcap-ng \
	libseccomp libnftables
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wswitch-enum -Wvla -Wcast-qual $(if $(WERROR),-Werror)
CPPFLAGS = -D_GNU_SOURCE -DOPENSSL_NO_DEPRECATED -Ilib -I. -Itest \
	-DVPND_SYSCONFDIR='"/etc/vpnd"'
ALL_CFLAGS = -std=c11 $(CFLAGS) $(WARN) -fstack-protector-strong -fPIE \
	$(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all,-D_FORTIFY_SOURCE=2) $(PKG_CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS) \
	$(if $(SAN),-fsanitize=$(SAN))
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null)

LIB_SRC := $(sort $(wildcard lib/*/*.c))
DAEMON_SRC := $(sort $(wildcard daemon/*.c))
TOOLS_SRC := $(sort $(wildcard tools/*.c))
SIM_MAIN := $(sort $(wildcard test/sim/*_explore.c) test/sim/collide.c)
SIM_SRC := $(filter-out $(SIM_MAIN),$(sort $(wildcard test/sim/*.c \
	test/hostile/*.c)))
UNIT_SRC := $(sort $(wildcard test/unit/*_test.c))
LAB_BIN := $(patsubst test/lab/%.c,build/%,$(wildcard test/lab/*.c))
LAB_ALSO := build/vpndveth build/options
BENCH_SRC := $(sort $(wildcard test/bench/*.c))
BENCH := $(BENCH_SRC:%.c=$(OUT)/%)
FUZZ_SRC := $(sort $(wildcard test/fuzz/*.c))
UNIT := $(UNIT_SRC:%.c=$(OUT)/%)
SIM := $(SIM_MAIN:%.c=$(OUT)/%)
FUZZ := $(filter-out replay,$(notdir $(FUZZ_SRC:.c=)))
REPLAY := $(FUZZ:%=$(OUT)/test/fuzz/%.replay)
comma := ,
obj = $(patsubst %.c,$(OUT)/%.o,$(1))

.PHONY: all tests check demo lab bench fuzz lint install clean help deps deps-check FORCE
all: build/vpnd build/vpnctl

# What lies in build/ is always of the flavour that was asked for last.
build/vpnd build/vpnctl $(LAB_BIN): build/%: $(OUT)/% FORCE
	@cmp -s $< $@ || { cp -f $< $@.new && mv -f $@.new $@; }
build/vpndveth: $(OUT)/test/bench/vpndveth FORCE
	@cmp -s $< $@ || { cp -f $< $@.new && mv -f $@.new $@; }
build/options: $(OUT)/test/unit/conf_options_test FORCE
	@cmp -s $< $@ || { cp -f $< $@.new && mv -f $@.new $@; }
FORCE:

$(OUT)/vpnd: $(call obj,$(DAEMON_SRC)) $(OUT)/libvpn.a
$(OUT)/vpnctl: $(call obj,$(TOOLS_SRC)) $(OUT)/libvpn.a
$(OUT)/libvpn.a: $(call obj,$(LIB_SRC))
$(OUT)/libdaemon.a: $(filter-out %/main.o,$(call obj,$(DAEMON_SRC)))
$(OUT)/libtools.a: $(filter-out %/vpnctl.o,$(call obj,$(TOOLS_SRC)))
$(OUT)/libsim.a: $(call obj,$(SIM_SRC))
# The monitor with a scripted engine, for the lab.
$(OUT)/kernop: $(OUT)/test/lab/kernop.o $(OUT)/test/lab/main.o $(OUT)/libdaemon.a \
		$(OUT)/libvpn.a
	$(if $(V),,@echo '  link $@')
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(LAB_BIN:build/%=$(OUT)/%): $(OUT)/%: $(OUT)/test/lab/%.o $(OUT)/libsim.a $(OUT)/libvpn.a
$(OUT)/test/lab/main.o: daemon/main.c | deps
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -Dmain=vpnd_main -Wno-missing-prototypes \
		-MMD -MP -c -o $@ $<
# vpnd with veths for tunnels, for benches on any kernel.
VETH := $(OUT)/test/bench/vpndveth
$(VETH): $(OUT)/test/bench/vpndveth.o $(OUT)/test/lab/main.o
$(VETH): ALL_LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=nl_%,esp_probe link_probe \
	link_set link_state link_mtu link_del sa_add sa_del)
$(UNIT): LIBS += $(shell pkg-config --libs cmocka 2>/dev/null)
$(UNIT) $(SIM) $(BENCH): $(OUT)/%: $(OUT)/%.o $(OUT)/libsim.a $(OUT)/libdaemon.a \
		$(OUT)/libtools.a $(OUT)/libvpn.a
$(REPLAY): %.replay: %.o $(OUT)/test/fuzz/replay.o $(OUT)/libvpn.a

$(OUT)/vpnd $(OUT)/vpnctl $(filter-out %/kernop,$(LAB_BIN:build/%=$(OUT)/%)) $(UNIT) $(SIM) $(BENCH) $(REPLAY):
	$(if $(V),,@echo '  link $@')
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
%.a:
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(OUT)/%.o: %.c | deps
	@mkdir -p $(@D)
	$(if $(V),,@echo '  cc   $<')
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

deps:
	@test/deps.sh build
deps-check:
	@test/deps.sh check
tests: all $(LAB_BIN) $(LAB_ALSO) $(UNIT) $(SIM) $(BENCH) $(REPLAY)

check:
	@test/deps.sh check
	@$(MAKE) --no-print-directory -j2 tests
	@OUT=$(OUT) SAN=$(SAN) test/check

lint: all
	@OUT=$(OUT) test/lint/all

demo: all
	@test/deps.sh demo
	@test/lab/demo.sh

lab: all $(LAB_BIN) $(LAB_ALSO)
	@test/deps.sh check
	@KEEP=$(or $(KEEP),$(if $(S),1)) test/lab/run $(if $(S),$(S),--list)

bench: all $(BENCH)
	@test/deps.sh bench
	@OUT=$(OUT) test/bench/run $(B)

# What pkg-config says is asked for when it is there: after deps-check.
# libFuzzer: make fuzz T=ike_message SECONDS=60
FUZZ_FLAGS = -O1 -g -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined
fuzz: | deps-check
	@test -n "$(T)" || { echo "make fuzz T=name; there are: $(FUZZ)"; exit 1; }
	@mkdir -p build/fuzz/$(T)
	clang $(CPPFLAGS) -std=c11 $(FUZZ_FLAGS) $(PKG_CFLAGS) \
		-o build/fuzz/$(T).bin test/fuzz/$(T).c $(LIB_SRC) $(LIBS)
	build/fuzz/$(T).bin -max_total_time=$(or $(SECONDS),60) \
		$(if $(RUNS),-runs=$(RUNS)) -print_final_stats=1 \
		-artifact_prefix=build/fuzz/$(T)- build/fuzz/$(T) \
		test/fuzz/corpus/$(T)

install: all
	install -d $(DESTDIR)/etc/vpnd/conf.d
	install -Dm755 build/vpnd $(DESTDIR)$(PREFIX)/sbin/vpnd
	install -Dm755 build/vpnctl $(DESTDIR)$(PREFIX)/bin/vpnctl
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man8 etc/vpnd.8 etc/vpnctl.8
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man5 etc/vpnd.conf.5
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/doc/vpnd README \
		etc/vpnd.conf.example etc/vpnd.conf.branch.example \
		etc/vpnd.secrets.example
	install -Dm644 etc/vpnctl.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/vpnctl
	install -Dm644 etc/vpnd.service $(DESTDIR)$(PREFIX)/lib/systemd/system/vpnd.service
	sed -i 's,/usr/local/,$(PREFIX)/,g' $(DESTDIR)$(PREFIX)/lib/systemd/system/vpnd.service
	install -Dm644 etc/vpnd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/vpnd.conf
	install -Dm644 etc/vpnd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/vpnd.conf

clean:
	rm -rf build/rel* build/san* build/fuzz build/vpnd build/vpnctl $(LAB_BIN) $(LAB_ALSO)

help:
	@sed -n 's/^# *help: //p' Makefile

-include $(shell find build/rel* build/san* -name '*.d' 2>/dev/null)

# help: make                     build build/vpnd and build/vpnctl
# help: make check               everything that must pass: unit, sim, lint, lab
# help: make demo                the main job, shown on this machine
# help: make lab                 list scenarios; make lab S=name runs one, logs in build/lab/name
# help:                          JOBS=3 guests; FULL=1, CELLS= or ROWS= where it runs a selection
# help: make bench               speed and size; make bench B=name for one of
# help:                          bgp policy mesh fib failover fair ike tunnels (ROUTES= MILLION= SAS= MANY= its size)
# help: make fuzz T=name         fuzz one parser; SECONDS=60 RUNS=10000000
# help: make lint                layers, purity, sizes
# help: make SAN=address,undefined check    units, simulations and lints with sanitizers
# help: make install             DESTDIR= PREFIX=/usr/local
# help: make clean               remove what was built (fetched packages stay)
# help: DUO_TRACE=1 before a program of test/sim or a unit test tells every datagram that passes
# help: CC=clang, WERROR=1, V=1 (whole commands), LAB=host|uml|qemu are understood everywhere
