#!/usr/bin/env python3
"""Writes the recorded machines beside it: what `Machine::recorded` reads, binary tables included.

What each machine has follows from its documents (Intel SDM, AMD APM, UEFI, ACPI, Linux) but `firecracker-pvm`,
which was read off a running one. The golden reports (*.txt, *.json) are made by the test, with UPDATE_GOLDEN=1.
"""
import pathlib
import shutil
import struct

HERE = pathlib.Path(__file__).resolve().parent
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
SHIM = "605dab50-e046-4300-abb6-3dd810dd8b23"
MOR = "e20939be-32d4-41be-a150-897f85d49829"


def efi(name, vendor, value):
    """efivarfs: four bytes of attributes, then the value."""
    return {f"sys/firmware/efi/efivars/{name}-{vendor}": struct.pack("<IB", 7, value)}


def acpi(signature, body):
    """A table: the 36-byte header, then what is its own."""
    header = struct.pack("<4sIBB6s8sI4sI", signature.encode(), 36 + len(body), 1, 0, b"RECORD", b"MACHINE ", 1, b"MADE", 1)
    return {f"sys/firmware/acpi/tables/{signature}": header + body}


def cpuinfo(flags, vmx_flags=""):
    lines = ["processor\t: 0", f"flags\t\t: {flags}"]
    if vmx_flags:
        lines.append(f"vmx flags\t: {vmx_flags}")
    return {"proc/cpuinfo": "\n".join(lines) + "\n"}


def kmsg(efi_tables):
    return {"dev/kmsg": "5,0,0,-;Linux version 6.12.0\n" f"6,1,0,-;efi: EFI v2.8 by A Firmware\n6,2,0,-;efi: {efi_tables}\n"}


def iommu(unit, mode):
    return {f"sys/class/iommu/{unit}/devices": "", "sys/kernel/iommu_groups/0/type": f"{mode}\n", "sys/kernel/iommu_groups/1/type": f"{mode}\n"}


def kernel(secretmem="Y", lockdown="none", sig="N", yama="0", bpf="2"):
    modes = " ".join(f"[{m}]" if m == lockdown else m for m in ("none", "integrity", "confidentiality"))
    files = {
        "sys/module/secretmem/parameters/enable": f"{secretmem}\n",
        "sys/kernel/security/lockdown": f"{modes}\n",
        "sys/module/module/parameters/sig_enforce": f"{sig}\n",
        "proc/modules": "",
        "proc/sys/kernel/unprivileged_bpf_disabled": f"{bpf}\n",
    }
    if yama is not None:
        files["proc/sys/kernel/yama/ptrace_scope"] = f"{yama}\n"
    return files


INTEL_CPUID = """\
# leaf sub eax ebx ecx edx: an Intel Core (13th generation), nothing beneath
0 0 20 756e6547 6c65746e 49656e69
1 0 b0671 800800 7ffafbff bfebfbff
80000000 0 80000008 0 0 0
80000001 0 0 0 121 2c100800
"""

INTEL = {
    "cpuid": INTEL_CPUID,
    "kvm": "234 0\n244 0\n",
    **cpuinfo("fpu vme nx vmx smx ept vpid smep smap", "vnmi flexpriority apicv tsc_offset ept vpid vid ept_mode_based_exec"),
    "dev/kvm": "",
    "sys/module/kvm_intel/parameters/nested": "Y\n",
    **efi("SecureBoot", GLOBAL, 1), **efi("SetupMode", GLOBAL, 0), **efi("MemoryOverwriteRequestControl", MOR, 0),
    **acpi("DMAR", struct.pack("<BB10x", 38, 0x05)),
    **acpi("WSMT", struct.pack("<I", 7)),
    **iommu("dmar0", "DMA-FQ"),
    **kmsg("ACPI=0x6c5fe000 ACPI 2.0=0x6c5fe014 SMBIOS=0x6bf1a000 TPMFinalLog=0x6c4f8000 MEMATTR=0x63f6e018"),
    **kernel(lockdown="integrity", sig="Y"),
}

MACHINES = {
    "intel-metal": INTEL,
    # The same as an ordinary user sees it.
    "intel-metal-as-user": {
        **INTEL,
        "denied": "/dev/kvm\n/dev/kmsg\n/sys/firmware/acpi/tables/DMAR\n/sys/firmware/acpi/tables/WSMT\n"
        "/sys/module/secretmem/parameters/enable\n",
    },
    "amd-snp-metal": {
        "cpuid": """\
# leaf sub eax ebx ecx edx: an AMD EPYC (Zen 4) with SEV-SNP, nothing beneath
0 0 10 68747541 444d4163 69746e65
1 0 a10f11 800800 7efa320b 178bfbff
80000000 0 80000028 68747541 444d4163 69746e65
80000001 0 a10f11 40000000 75c237ff 2fd3fbff
8000000a 0 1 8000 0 1ebfbcff
8000001f 0 30f0f 16f 3ee 1
""",
        "kvm": "234 1\n244 1\n",
        **cpuinfo("fpu vme nx svm npt avic smep smap umip"),
        "dev/kvm": "",
        "sys/module/kvm_amd/parameters/sev_snp": "Y\n",
        **efi("SecureBoot", GLOBAL, 0), **efi("SetupMode", GLOBAL, 1),
        **acpi("IVRS", struct.pack("<I8x", 0x00203042)),
        **acpi("WSMT", struct.pack("<I", 1)),
        **iommu("ivhd0", "DMA-FQ"),
        **kmsg("ACPI 2.0=0x7f7fe014 SMBIOS 3.0=0x7f6b9000 MEMATTR=0x72c35018"),
        **kernel(lockdown="confidentiality", sig="Y", yama="3", bpf="1"),
    },
    "kvm-guest": {
        "cpuid": """\
# leaf sub eax ebx ecx edx: a Debian 12 guest of KVM, BIOS, no nesting
0 0 d 756e6547 6c65746e 49656e69
1 0 306c3 800 fffa3203 f8bfbff
40000000 0 40000001 4b4d564b 564b4d56 4d
80000000 0 80000008 0 0 0
80000001 0 0 0 21 2c100800
""",
        **cpuinfo("fpu vme nx hypervisor smep"),
        **kernel(secretmem="N", yama=None),
    },
    "azure-guest": {
        "cpuid": """\
# leaf sub eax ebx ecx edx: a generation 2 guest of Hyper-V with nesting
0 0 15 756e6547 6c65746e 49656e69
1 0 606a6 800 feda3223 1f8bfbff
40000000 0 4000000c 7263694d 666f736f 76482074
80000000 0 80000008 0 0 0
80000001 0 0 0 121 2c100800
""",
        "kvm": "234 0\n244 0\n",
        **cpuinfo("fpu vme nx vmx hypervisor ept smep smap", "vnmi ept vpid ept_mode_based_exec"),
        "dev/kvm": "",
        "sys/module/kvm_intel/parameters/nested": "N\n",
        **efi("SecureBoot", GLOBAL, 1), **efi("SetupMode", GLOBAL, 0),
        **kmsg("ACPI=0x3fffa000 ACPI 2.0=0x3fffa014 SMBIOS=0x3ffd8000 MEMATTR=0x3d911018"),
        **kernel(lockdown="integrity", sig="Y", yama="1"),
    },
    "firecracker-pvm": {
        "cpuid": """\
# leaf sub eax ebx ecx edx: a Firecracker guest whose KVM is kvm_pvm: no VMX, no SVM
0 0 24 756e6547 6c65746e 49656e69
1 0 c06f2 20800 fffa3203 178bfbff
40000000 0 40000001 4b4d564b 564b4d56 4d
80000000 0 80000008 0 0 0
80000001 0 0 0 121 2c100800
""",
        "kvm": "234 1\n244 3\n",
        **cpuinfo("fpu vme nx hypervisor smep smap umip"),
        "dev/kvm": "",
        "sys/module/kvm_pvm/parameters/enable": "",
        "sys/firmware/acpi/tables/APIC": b"APIC",
        "sys/module/secretmem/parameters/enable": "Y\n",
        "proc/sys/kernel/unprivileged_bpf_disabled": "2\n",
    },
    # UEFI, but nobody mounted efivarfs or securityfs; the kernel log has wrapped; shim does not verify.
    "uefi-unmounted": {
        "cpuid": INTEL_CPUID,
        **cpuinfo("fpu nx vmx ept", "ept vpid"),
        "sys/firmware/efi/fw_platform_size": "64\n",
        "dev/kmsg": "6,90001,0,-;usb 1-1: new device\n",
        **iommu("dmar0", "identity"),
        "proc/modules": "",
    },
    "shim-unverified": {
        "cpuid": INTEL_CPUID,
        **cpuinfo("fpu nx vmx ept", "ept vpid"),
        **efi("SecureBoot", GLOBAL, 1), **efi("SetupMode", GLOBAL, 0), **efi("MokSBStateRT", SHIM, 1),
        "dev/kmsg": "6,1,0,-;efi: ACPI=0x1 ACPI 2.0=0x2 SMBIOS=0x3\n",
        **kernel(),
    },
}

for name, files in MACHINES.items():
    root = HERE / name
    shutil.rmtree(root, ignore_errors=True)
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
