#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes every reader of the contract from toe.toml; with --check compares instead.

Outputs, all in generated/: toe_contract_pkg.sv, contract.h, kernel.xml, registers.md.
Standard library only. Exit codes: 0 up to date or written, 1 stale (--check), 2 bad contract.
"""
import argparse
import hashlib
import json
import pathlib
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
CPP_TYPES = {8: "std::uint8_t", 16: "std::uint16_t", 32: "std::uint32_t", 64: "std::uint64_t"}
ENUMS = [
    ("opcode", 8), ("submission_flag", 8), ("connection_option", 8),
    ("congestion_control", 2), ("tcp_option", 32), ("completion_kind", 8),
    ("completion_flag", 8), ("status", 8), ("tcp_state", 4),
]
MARK = "Generated from hw/contract/toe.toml by hw/contract/generate.py; do not edit."


class ContractError(Exception):
    """The contract contradicts itself; the text says where."""


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def need(condition, message):
    if not condition:
        raise ContractError(message)


def check_registers(toml):
    seen = {}
    limits = toml["limits"]
    for reg in toml["register"]:
        need(reg["offset"] % 4 == 0, f"register {reg['name']}: offset is not a multiple of 4")
        need(reg["offset"] not in seen,
             f"register {reg['name']}: overlaps {seen.get(reg['offset'])}")
        need(reg["offset"] < limits["counter_base"]["value"],
             f"register {reg['name']}: overlaps the counters")
        need(reg["access"] in ("ro", "rw", "wo"), f"register {reg['name']}: unknown access")
        need(reg["doc"].endswith("."), f"register {reg['name']}: its sentence lacks a full stop")
        seen[reg["offset"]] = reg["name"]
    end = limits["counter_base"]["value"] + 4 * len(toml["counter"])
    need(end <= 0x1000, "counters do not fit below the end of the register page")


def check_entries(toml):
    bits_expected = toml["limits"]["entry_bytes"]["value"] * 8
    for entry in toml["entry"]:
        offset = 0
        for field in entry["fields"]:
            where = f"entry {entry['name']}: field {field['name']}"
            need(field["bits"] in CPP_TYPES, f"{where}: {field['bits']} bits is not a C++ width")
            need(offset % field["bits"] == 0, f"{where}: not naturally aligned")
            need(field.get("doc"), f"{where}: lacks a sentence")
            offset += field["bits"]
        need(offset == bits_expected, f"entry {entry['name']}: {offset} bits, not {bits_expected}")


def check_enums(toml):
    for name, bits in ENUMS:
        values = [item["value"] for item in toml[name].values()]
        need(len(set(values)) == len(values), f"{name}: two codes share a value")
        need(all(0 <= value < 1 << bits for value in values),
             f"{name}: a value exceeds {bits} bits")
        for key, item in toml[name].items():
            need(item["doc"].endswith("."), f"{name}.{key}: its sentence lacks a full stop")
    for key, doc in toml["counter"].items():
        need(doc.endswith("."), f"counter {key}: its sentence lacks a full stop")


def contract_hash(toml):
    canonical = json.dumps(toml, sort_keys=True, separators=(",", ":")).encode()
    return int.from_bytes(hashlib.sha256(canonical).digest()[:8], "big")


def reset_value(reg, toml, digest):
    """The value a register reads after reset, or None where only the running card knows it."""
    special = {
        "hash_lo": digest & 0xFFFFFFFF, "hash_hi": digest >> 32,
        "revision": toml["contract"]["revision"], "build": None, "live": None,
    }
    reset = reg["reset"]
    return special[reset] if isinstance(reset, str) else reset


def sv_package(toml, digest):
    out = ["// SPDX-License-Identifier: Apache-2.0", f"// {MARK}",
           "// Registers, ring entries and codes of the contract, for the card.", "",
           "/* verilator lint_off UNUSEDPARAM */", "package toe_contract_pkg;", ""]
    out += [f"  localparam logic [63:0] ContractHash = 64'h{digest:016x};",
            f"  localparam int unsigned ContractRevision = {toml['contract']['revision']};", ""]
    for name, item in toml["limits"].items():
        out += [f"  // {item['doc']}",
                f"  localparam int unsigned {camel(name)} = {item['value']};"]
    out.append("")
    for reg in toml["register"]:
        value = reset_value(reg, toml, digest)
        out.append(f"  localparam logic [15:0] Reg{camel(reg['name'])} = 16'h{reg['offset']:04x};")
        if value is not None and reg["access"] != "ro":
            out.append(f"  localparam logic [31:0] Reset{camel(reg['name'])} = 32'h{value:08x};")
    out.append("")
    for name, bits in ENUMS:
        kind = f"  localparam logic [{bits - 1}:0] {camel(name)}"
        out += [f"{kind}{camel(key)} = {bits}'d{item['value']};"
                for key, item in toml[name].items()]
        out.append("")
    out += [f"  localparam int unsigned Counter{camel(key)} = {index};"
            for index, key in enumerate(toml["counter"])]
    out += [f"  localparam int unsigned Counters = {len(toml['counter'])};", ""]
    for entry in toml["entry"]:
        out += [f"  // {entry['doc']}", "  typedef struct packed {"]
        out += [f"    logic [{field['bits'] - 1}:0] {field['name']};"
                for field in reversed(entry["fields"])]
        out += [f"  }} {entry['name']}_entry_t;", ""]
    return "\n".join(out + ["endpackage", "/* verilator lint_on UNUSEDPARAM */", ""])


def cpp_enum(name, items):
    out = [f"enum class {camel(name)} : std::uint8_t {{"]
    for key, item in items.items():
        out += [f"  /// {item['doc']}", f"  k{camel(key)} = {item['value']},"]
    return out + ["};", ""]


def cpp_entry(entry):
    name = f"{camel(entry['name'])}Entry"
    out = [f"/// {entry['doc']}", f"struct {name} {{"]
    out += [f"  {CPP_TYPES[field['bits']]} {field['name']};  ///< {field['doc']}"
            for field in entry["fields"]]
    out += ["};", f"static_assert(sizeof({name}) == kEntryBytes);"]
    offset = 0
    for field in entry["fields"]:
        out.append(f"static_assert(offsetof({name}, {field['name']}) == {offset});")
        offset += field["bits"] // 8
    return out + [""]


def cpp_header(toml, digest):
    out = ["// SPDX-License-Identifier: Apache-2.0", f"// {MARK}",
           "// Registers, ring entries and codes of the contract, for the host.",
           "// clang-format off", "#pragma once", "",
           "#include <array>", "#include <cstddef>", "#include <cstdint>", "#include <string_view>",
           "", "namespace millrace::contract {", "",
           f"inline constexpr std::uint32_t kMagic = 0x{toml['contract']['magic']:08X};",
           f"inline constexpr std::uint64_t kHash = 0x{digest:016x};",
           f"inline constexpr std::uint32_t kRevision = {toml['contract']['revision']};", ""]
    for name, item in toml["limits"].items():
        out += [f"/// {item['doc']}",
                f"inline constexpr std::uint32_t k{camel(name)} = {item['value']:#x};"]
    out += ["", "enum class Access : std::uint8_t { kReadOnly, kReadWrite, kWriteOnly };", "",
            "/// Offsets of the registers in bytes."]
    for reg in toml["register"]:
        out += [f"/// {reg['doc']}",
                f"inline constexpr std::uint32_t kReg{camel(reg['name'])} = 0x{reg['offset']:03X};"]
    out += ["", "/// One row for each register; `reset_known` is false where only the card knows.",
            "struct RegisterInfo {", "  std::string_view name;", "  std::uint32_t offset;",
            "  Access access;", "  bool reset_known;", "  std::uint32_t reset;", "};",
            "inline constexpr std::array kRegisters = {"]
    access = {"ro": "kReadOnly", "rw": "kReadWrite", "wo": "kWriteOnly"}
    for reg in toml["register"]:
        value = reset_value(reg, toml, digest)
        known = "false" if value is None else "true"
        out.append(f"    RegisterInfo{{\"{reg['name']}\", 0x{reg['offset']:03X}, "
                   f"Access::{access[reg['access']]}, {known}, 0x{value or 0:08X}U}},")
    out += ["};", ""]
    for name, _bits in ENUMS:
        out += cpp_enum(name, toml[name])
    out += ["/// Counters in index order: name and what increments it.",
            "struct CounterInfo {", "  std::string_view name;", "  std::string_view doc;", "};",
            "enum class Counter : std::uint8_t {"]
    out += [f"  k{camel(key)}," for key in toml["counter"]]
    out += ["};", "inline constexpr std::array kCounters = {"]
    out += [f"    CounterInfo{{\"{key}\", \"{doc}\"}}," for key, doc in toml["counter"].items()]
    out += ["};", ""]
    for entry in toml["entry"]:
        out += cpp_entry(entry)
    out += ["/// What a status means and what to do about it.", "struct StatusInfo {",
            "  Status status;", "  std::string_view name;", "  std::string_view meaning;",
            "  std::string_view remedy;", "};", "inline constexpr std::array kStatuses = {"]
    out += [f"    StatusInfo{{Status::k{camel(key)}, \"{key}\", \"{item['doc']}\", "
            f"\"{item['remedy']}\"}}," for key, item in toml["status"].items()]
    return "\n".join(out + ["};", "", "}  // namespace millrace::contract", ""])


def kernel_xml(toml):
    out = ['<?xml version="1.0" encoding="UTF-8"?>', f"<!-- {MARK} -->",
           '<root versionMajor="1" versionMinor="6">',
           '  <kernel name="toe_kernel" language="ip_c" vlnv="millrace:kernel:toe_kernel:1.0" '
           'attributes="" preferredWorkGroupSizeMultiple="0" workGroupSize="1" interrupt="true" '
           'hwControlProtocol="user_managed">', "    <ports>",
           '      <port name="s_axi_control" mode="slave" range="0x20000" dataWidth="32" '
           'portType="addressable" base="0x0"/>',
           '      <port name="m_axi_host" mode="master" range="0xFFFFFFFFFFFFFFFF" dataWidth="512" '
           'portType="addressable" base="0x0"/>',
           '      <port name="s_axis_net" mode="read_only" dataWidth="512" portType="stream"/>',
           '      <port name="m_axis_net" mode="write_only" dataWidth="512" portType="stream"/>',
           "    </ports>", "    <args>"]
    for index, reg in enumerate(toml["register"]):
        out.append(f'      <arg name="{reg["name"]}" addressQualifier="0" id="{index}" '
                   f'port="s_axi_control" size="0x4" offset="0x{reg["offset"]:03X}" '
                   'hostOffset="0x0" hostSize="0x4" type="uint"/>')
    out.append(f'      <arg name="host_memory" addressQualifier="1" id="{len(toml["register"])}" '
               'port="m_axi_host" size="0x8" offset="0x0F0" hostOffset="0x0" hostSize="0x8" '
               'type="void*"/>')
    return "\n".join(out + ["    </args>", "  </kernel>", "</root>", ""])


def markdown(toml, digest):
    out = ["# Register and ring reference", "", f"<!-- {MARK} -->", "",
           f"Contract revision {toml['contract']['revision']}, hash `{digest:016x}`. All registers "
           "are 32 bits wide, little endian.", "", "## Registers", "",
           "| offset | name | access | reset | meaning |", "| --- | --- | --- | --- | --- |"]
    for reg in toml["register"]:
        value = reset_value(reg, toml, digest)
        shown = reg["reset"] if value is None else f"0x{value:08X}"
        out.append(f"| 0x{reg['offset']:03X} | `{reg['name']}` | {reg['access']} | {shown} "
                   f"| {reg['doc']} |")
    out += ["", "## Doorbell pages", ""]
    limits = toml["limits"]
    for bell in toml["doorbell"]:
        out.append(f"`{bell['name']}` of queue pair q at 0x{limits['doorbell_base']['value']:X} + "
                   f"q * 0x{limits['doorbell_stride']['value']:X}: {bell['doc']}")
    out += ["", "## Limits", "", "| name | value | meaning |", "| --- | --- | --- |"]
    out += [f"| `{name}` | {item['value']} | {item['doc']} |" for name, item in limits.items()]
    for name, _bits in ENUMS:
        remedy = name == "status"
        out += ["", f"## {name}", "",
                "| value | name | meaning |" + (" remedy |" if remedy else ""),
                "| --- | --- | --- |" + (" --- |" if remedy else "")]
        for key, item in toml[name].items():
            tail = f" {item['remedy']} |" if remedy else ""
            out.append(f"| {item['value']} | `{key}` | {item['doc']} |{tail}")
    for entry in toml["entry"]:
        out += ["", f"## Entry `{entry['name']}` ({entry['ring']} ring)", "", entry["doc"], "",
                "| byte | bits | field | meaning |", "| --- | --- | --- | --- |"]
        offset = 0
        for field in entry["fields"]:
            out.append(f"| {offset} | {field['bits']} | `{field['name']}` | {field['doc']} |")
            offset += field["bits"] // 8
    out += ["", "## Counters", "", "| offset | name | counts |", "| --- | --- | --- |"]
    base = limits["counter_base"]["value"]
    out += [f"| 0x{base + 4 * index:03X} | `{key}` | {doc} |"
            for index, (key, doc) in enumerate(toml["counter"].items())]
    return "\n".join(out + [""])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--source", type=pathlib.Path, default=HERE / "toe.toml")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "generated")
    args = parser.parse_args()
    try:
        toml = tomllib.loads(args.source.read_text())
        check_registers(toml)
        check_entries(toml)
        check_enums(toml)
    except (OSError, tomllib.TOMLDecodeError, KeyError, ContractError) as error:
        print(f"generate.py: {args.source}: {error!r}", file=sys.stderr)
        return 2
    digest = contract_hash(toml)
    outputs = {"toe_contract_pkg.sv": sv_package(toml, digest),
               "contract.h": cpp_header(toml, digest),
               "kernel.xml": kernel_xml(toml), "registers.md": markdown(toml, digest)}
    args.out.mkdir(parents=True, exist_ok=True)
    stale = 0
    for name, text in outputs.items():
        path = args.out / name
        if path.exists() and path.read_text() == text:
            continue
        if args.check:
            print(f"{path} is stale: run hw/contract/generate.py", file=sys.stderr)
            stale = 1
        else:
            path.write_text(text)
    return stale


if __name__ == "__main__":
    sys.exit(main())
