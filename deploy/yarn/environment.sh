# shellcheck shell=bash
# Sourced by the scripts beside it.

# Unpack the environment beside its archive, once: a second start sees all of it, or nothing.
unpack_environment() {
    local place=$1/environment unpacked
    if [ -d "$place" ]; then
        return
    fi
    unpacked=$(mktemp -d "$1/.environment-XXXXXX")
    tar -xzf "$place.tar.gz" -C "$unpacked"
    chmod 755 "$unpacked"
    mv -T "$unpacked" "$place" 2>/dev/null || rm -rf "$unpacked"
}
