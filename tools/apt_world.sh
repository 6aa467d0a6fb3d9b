#!/bin/sh
# apt_world.sh - apt in a world of its own, for scripts that take things from a Debian suite.
#
# For sourcing, after pythons_cache.sh. Nothing is installed and no right is needed beyond writing
# into the folder of the world. Mirror and signing keys are those of this machine's own apt
# configuration.

# Finds $mirror, the archive from which this machine has its own release (the first that calls
# itself Debian), and $keyring, the one that the machine's own sources name or else that of the
# package debian-archive-keyring.
find_archive() {
    needs apt-get apt-cache
    # shellcheck disable=SC2016
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
        sed -n 's/^Debian Debian //p' | head -n 1)
    [ -n "$mirror" ] || die "apt knows no Debian archive on this machine (run apt-get update first)"
    keyring=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        sed -n 's/.*[Ss]igned-[Bb]y[:=] *\([^] ]*debian-archive[^] ]*\).*/\1/p' | head -n 1)
    [ -r "$keyring" ] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$keyring" ] || die "no keyring to check the archive with (package debian-archive-keyring)"
}

# Makes a world in FOLDER: one source of KIND (deb, deb-src), no installed packages, nobody else's
# hooks. $apt is then what apt-get and apt-cache are to be told.
apt_world() { # KIND SUITE FOLDER
    world=$3
    mkdir -p "$world/none" "$world/lists/partial" "$world/archives/partial" "$world/log"
    : >"$world/status"
    echo "$1 [signed-by=$keyring] $mirror $2 main" >"$world/sources.list"
    cat >"$world/apt.conf" <<CONF
#clear APT::Update;
#clear DPkg;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::DEP-11-icons-hidpi;
#clear Acquire::IndexTargets::deb::DEP-11-icons-small;
Dir::Etc::sourcelist "$world/sources.list";
Dir::Etc::sourceparts "$world/none";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$world/none";
Dir::State "$world";
Dir::State::lists "$world/lists";
Dir::State::status "$world/status";
Dir::State::extended_states "$world/extended_states";
Dir::Cache "$world";
Dir::Cache::archives "$world/archives";
Dir::Log "$world/log";
Debug::NoLocking "true";
APT::Sandbox::User "";
APT::Default-Release "";
APT::Install-Recommends "false";
APT::Get::List-Cleanup "false";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
    # shellcheck disable=SC2034
    apt="-qq -c $world/apt.conf"
}
