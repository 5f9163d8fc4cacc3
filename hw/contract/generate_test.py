#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the contract's generator: the checked-in files are current, bad contracts refused."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TOML = (HERE / "toe.toml").read_text()


def generate(*arguments):
    return subprocess.run([sys.executable, HERE / "generate.py", *map(str, arguments)],
                          capture_output=True, text=True, check=False)


class GeneratorTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.out = pathlib.Path(self.folder.name)

    def generate_from(self, text, *arguments):
        source = self.out / "contract.toml"
        source.write_text(text)
        return generate("--source", source, "--out", self.out / "generated", *arguments)

    def refuse(self, old, new, reason):
        self.assertIn(old, TOML, "the test's own edit no longer fits the contract")
        result = self.generate_from(TOML.replace(old, new, 1))
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn(reason, result.stderr)
        self.assertFalse((self.out / "generated").exists(), "a bad contract must write nothing")

    def test_checked_in_files_are_current(self):
        result = generate("--check")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_check_names_a_stale_file_and_writes_nothing(self):
        self.assertEqual(self.generate_from(TOML).returncode, 0)
        header = self.out / "generated" / "contract.h"
        header.write_text(header.read_text() + "// edited\n")
        before = header.read_text()
        result = self.generate_from(TOML, "--check")
        self.assertEqual(result.returncode, 1)
        self.assertIn("contract.h is stale", result.stderr)
        self.assertEqual(header.read_text(), before)

    def test_same_contract_gives_same_files_and_any_change_another_hash(self):
        self.generate_from(TOML)
        first = (self.out / "generated" / "toe_contract_pkg.sv").read_text()
        self.assertEqual(first, (HERE / "generated" / "toe_contract_pkg.sv").read_text())
        self.generate_from(TOML.replace("Does nothing.", "Does nothing at all."))
        second = (self.out / "generated" / "toe_contract_pkg.sv").read_text()
        self.assertNotEqual(first, second)

    def test_comments_and_spacing_do_not_change_the_hash(self):
        self.generate_from("# a remark\n\n" + TOML.replace("[opcode]", "[opcode]\n", 1))
        text = (self.out / "generated" / "toe_contract_pkg.sv").read_text()
        self.assertEqual(text, (HERE / "generated" / "toe_contract_pkg.sv").read_text())

    def test_refuses_overlapping_registers(self):
        self.refuse("offset = 0x004", "offset = 0x000", "overlaps id")

    def test_refuses_unaligned_register(self):
        self.refuse("offset = 0x004", "offset = 0x005", "not a multiple of 4")

    def test_refuses_register_among_the_counters(self):
        self.refuse("offset = 0x068", "offset = 0x400", "overlaps the counters")

    def test_refuses_unknown_access(self):
        self.refuse('access = "ro"', 'access = "r"', "unknown access")

    def test_refuses_entry_of_another_size(self):
        self.refuse('{ name = "rx_slot", bits = 32,', '{ name = "rx_slot", bits = 16,', "not 256")

    def test_refuses_unaligned_field(self):
        self.refuse('{ name = "reserved0", bits = 16, doc = "zero" },\n  { name = "connection_id"',
                    '{ name = "reserved0", bits = 8, doc = "zero" },\n  { name = "connection_id"',
                    "not naturally aligned")

    def test_refuses_odd_field_width(self):
        self.refuse('{ name = "opcode", bits = 8,', '{ name = "opcode", bits = 7,',
                    "not a C++ width")

    def test_refuses_equal_codes(self):
        self.refuse("update   = { value = 1", "update   = { value = 0", "two codes share a value")

    def test_refuses_too_large_code(self):
        self.refuse("abort    = { value = 6", "abort    = { value = 256", "exceeds 8 bits")

    def test_refuses_missing_sentence(self):
        self.refuse('doc = "Does nothing."', 'doc = "Does nothing"', "full stop")

    def test_refuses_broken_toml(self):
        self.refuse("[contract]", "[contract", "TOMLDecodeError")


if __name__ == "__main__":
    unittest.main()
