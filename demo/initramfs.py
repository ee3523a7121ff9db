#!/usr/bin/env python3
"""Write the guest's initramfs: the few programs it runs, the libraries and modules those need, nothing else.

Usage: initramfs.py SYSROOT INIT STEPS OUT.cpio

SYSROOT holds unpacked Debian packages with a merged /usr. Firmware and boot loader hash every byte of the
initramfs into the TPM, under emulation, so its size is most of the boot time. Fixed times, owners and inode
numbers: the same input gives the same bytes.
"""
import glob
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
PROGRAMS = ["/usr/bin/busybox", "/usr/bin/tpm2", "/usr/sbin/cryptsetup"]
# Opened by name at run time, so no DT_NEEDED entry tells of them.
OPENED_AT_RUN_TIME = ["libtss2-tcti-device.so.0", "libgcc_s.so.1"]
# What the steps need; a kernel that has one built in, or does not know it, loses nothing (the steps tell).
MODULES = ["virtio_pci", "virtio_blk", "efivarfs", "tpm_crb", "tpm_tis", "dm_crypt", "xts", "ecb",
           "algif_skcipher", "ext4"]


class Tree:
    """The files of the initramfs: guest path -> (mode, content), links and directories alike."""

    def __init__(self, sysroot):
        self.sysroot, self.entries = sysroot, {}
        for link in ("bin", "sbin", "lib", "lib64"):
            self.put("/" + link, 0o120777, ("usr/" + link).encode())
        for directory in ("dev", "proc", "sys", "run", "tmp", "mnt", "etc", "usr/sbin"):
            self.put("/" + directory, 0o40755, b"")

    def put(self, path, mode, content):
        parent = os.path.dirname(path)
        if parent != "/" and parent not in self.entries:
            self.put(parent, 0o40755, b"")
        self.entries[path] = (mode, content)

    def take(self, path):
        """Copy a file of the sysroot, what it links to, and the libraries it needs."""
        path = os.path.normpath(re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", path))
        source = self.sysroot + path
        if path in self.entries:
            return
        if os.path.islink(source):
            target = os.readlink(source)
            self.put(path, 0o120777, target.encode())
            return self.take(os.path.join(os.path.dirname(path), target))
        if not os.path.exists(source):
            sys.exit(f"initramfs.py: {path} is not in the unpacked packages ({self.sysroot})")
        self.put(path, 0o100755, open(source, "rb").read())
        for library in needed(source):
            self.take_library(library)

    def take_library(self, name):
        if name.startswith("/"):
            return self.take(name)
        if name.startswith("libcurl") and (stand_in := stand_in_library(self.sysroot + "/usr/bin/tpm2", name)):
            return self.put(f"{LIBRARIES}/{name}", 0o100755, stand_in)
        self.take(f"{LIBRARIES}/{name}")

    def write_cpio(self, path):
        with open(path, "wb") as out:
            for inode, (name, (mode, content)) in enumerate(sorted(self.entries.items()), 1):
                out.write(record(inode, name[1:], mode, content))
            out.write(record(0, "TRAILER!!!", 0, b""))


def record(inode, name, mode, content):
    """One "newc" cpio record. Device nodes give their numbers as content, as (major, minor)."""
    major, minor = content if isinstance(content, tuple) else (0, 0)
    content = b"" if isinstance(content, tuple) else content
    name = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, major, minor, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4)


def needed(path):
    """The shared libraries and the loader that an ELF file names; nothing for other files."""
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return []
    text = subprocess.run(["readelf", "-dlW", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text) + re.findall(r"interpreter: (.*)\]", text)


def stand_in_library(program, soname):
    """An empty library of that name, or None without a compiler.

    tpm2-tools link to libcurl for one command, getekcertificate, which the guest does not use; the real one
    brings Kerberos, LDAP and GnuTLS with it, 9 MB.
    """
    if not shutil.which("cc"):
        return None
    symbols = subprocess.run(["readelf", "-W", "--dyn-syms", program], capture_output=True, text=True, check=True)
    found = set(re.findall(r"UND (curl_\w+)@(\w+)", symbols.stdout))
    if not found:
        return None
    with tempfile.TemporaryDirectory() as work:
        with open(work + "/stub.c", "w") as source:
            source.write("".join(f"void *{name}(void) {{ return 0; }}\n" for name, _ in sorted(found)))
        with open(work + "/versions", "w") as versions:
            versions.write("".join(f"{version} {{ global: *; }};\n" for version in sorted({v for _, v in found})))
        flags = ["-shared", "-fPIC", "-O1", "-s", "-nostdlib", f"-Wl,-soname,{soname}",
                 f"-Wl,--version-script={work}/versions", "-Wl,--build-id=none"]
        subprocess.run(["cc", *flags, "-o", work + "/stub.so", work + "/stub.c"], check=True)
        return open(work + "/stub.so", "rb").read()


def modules_in_order(sysroot):
    """The wanted modules and those they depend on, each after its dependencies: [(name, content)]."""
    base = glob.glob(sysroot + "/usr/lib/modules/*")[0]
    files = {}
    for path in glob.glob(base + "/kernel/**/*.ko*", recursive=True):
        files[os.path.basename(path).split(".")[0].replace("-", "_")] = path
    order = {}

    def add(name):
        if name in order or name not in files:
            return
        content = open(files[name], "rb").read()
        if files[name].endswith(".xz"):
            content = lzma.decompress(content)  # the signature is at the end of what is inside
        depends = re.search(rb"\0depends=([^\0]*)\0", content)
        for other in (depends.group(1).decode() if depends else "").split(","):
            add(other.replace("-", "_"))
        order[name] = content

    for name in MODULES:
        add(name)
    return list(order.items())


def main():
    sysroot, init, steps, out = sys.argv[1:]
    tree = Tree(sysroot)
    for program in PROGRAMS:
        tree.take(program)
    for library in OPENED_AT_RUN_TIME:
        tree.take_library(library)
    modules = modules_in_order(sysroot)
    for name, content in modules:
        tree.put(f"/usr/lib/modules/{name}.ko", 0o100644, content)
    tree.put("/etc/modules", 0o100644, "".join(f"{name}\n" for name, _ in modules).encode())
    tree.put("/etc/passwd", 0o100644, b"root:x:0:0:root:/:/bin/sh\n")
    tree.put("/usr/bin/sh", 0o120777, b"busybox")
    tree.put("/init", 0o100755, open(init, "rb").read())
    tree.put("/steps", 0o100644, open(steps, "rb").read())
    tree.put("/dev/console", 0o20600, (5, 1))  # the kernel opens it before /init can mount a /dev
    tree.write_cpio(out)
    print(f"initramfs: {len(tree.entries)} entries, {os.path.getsize(out) / 2**20:.1f} MiB, "
          f"modules: {' '.join(name for name, _ in modules)}")


main()
