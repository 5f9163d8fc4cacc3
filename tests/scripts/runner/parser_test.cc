// SPDX-License-Identifier: Apache-2.0
// The grammar: what is understood, how it prints, and that mistakes are named with their line.

#include "tests/scripts/runner/parser.h"

#include <gtest/gtest.h>

#include "tests/scripts/runner/print.h"

namespace millrace::script {
namespace {

Script parsed(const std::string& text) {
  auto script = parse_script("a.pkt", text);
  EXPECT_TRUE(script.has_value()) << script.error().line << ": " << script.error().text;
  return script.value_or(Script{});
}

std::string mistake(const std::string& text) {
  const auto script = parse_script("a.pkt", text);
  if (script) return "none";
  return std::to_string(script.error().line) + ": " + script.error().text;
}

Packet packet(const std::string& text) {
  const auto script = parsed("+0 " + text);
  if (script.events.size() != 1) return {};
  return std::get<Packet>(script.events[0].what);
}

Call call(const std::string& text) {
  const auto script = parsed("+0 " + text);
  if (script.events.size() != 1) return {};
  return std::get<Call>(script.events[0].what);
}

When when(const std::string& text) { return parsed(text + " close(3) = 0").events[0].when; }

TEST(Parser, PacketsPrintAsTheyWereWritten) {
  for (const std::string text :
       {"< S 0:0(0) win 65535 <mss 1460,nop,wscale 7,sackOK,TS val 100 ecr 0>",
        "> S. 0:0(0) ack 1 <...>", "> p. 1:2(1) ack 1", "> P. 1:1001(1000) ack 1 win 256",
        "< FP. 1:11(10) ack 101 win 512 urg 5", "> SEW 0:0(0) <mss *,...>",
        "< [ect0] . 1:1(0) ack 1 win 100 <sack 5:9 20:30>", "> [ce] [ttl 64] . 1:1(0) ack 1",
        "< @2:9090 R. 5:5(0) ack 1", "> R =77:77(0)", "< - 1:11(10)",
        "> . 1:1(0) ack 1 <nop,nop,TS val * ecr 7>", "< S 0:0(0) <raw 254 f989>",
        "< [badsum] . 1:1(0) ack =9 win 5", "< [vlan 8197] S 0:0(0)", "< [novlan] @2 S 0:0(0)",
        "< . 1:11(10) ack 1 win 9 data 3", "< icmp unreachable frag_needed mtu 1400 [1:1461(1460)]",
        "< @1 icmp time_exceeded [1:2(1)]"}) {
    EXPECT_EQ(to_string(packet(text)), text);
  }
}

TEST(Parser, SequenceNumbersMustAgreeWithTheLength) {
  EXPECT_EQ(mistake("+0 < . 1:10(10) ack 1"),
            "1: the sequence numbers differ by 9, the length is 10");
  EXPECT_EQ(packet("< . 4294967290:4(10) ack 1").length, 10U);
}

TEST(Parser, AckAndItsFlagGoTogether) {
  EXPECT_EQ(mistake("+0 > S 0:0(0) ack 1"), "1: ack without the flag `.`");
  EXPECT_EQ(mistake("+0 > . 0:0(0)"), "1: the flag `.` without ack N");
}

TEST(Parser, WildcardsOnlyInExpectations) {
  EXPECT_EQ(mistake("+0 < . 1:1(0) ack 1 <...>"),
            "1: <...> and the flag p can only be expected, not injected");
  EXPECT_EQ(mistake("+0 < p. 1:1(0) ack 1"),
            "1: <...> and the flag p can only be expected, not injected");
  EXPECT_EQ(mistake("+0 > icmp time_exceeded [1:1(0)]"), "1: ICMP can only be injected");
  EXPECT_EQ(mistake("+0 > [vlan 5] S 0:0(0)"),
            "1: vlan and novlan can only be injected; the option vlan says what comes");
}

TEST(Parser, SackBlocksMayBeSeparatedByCommas) {
  EXPECT_EQ(to_string(packet("> . 1:1(0) ack 1 <nop,nop,sack 5:9,20:30,nop>")),
            "> . 1:1(0) ack 1 <nop,nop,sack 5:9 20:30,nop>");
}

TEST(Parser, Times) {
  EXPECT_EQ(to_string(when("+0.25")), "+0.250000");
  EXPECT_EQ(to_string(when("1.000001")), "1.000001");
  EXPECT_EQ(to_string(when("+.1")), "+0.100000");
  EXPECT_EQ(to_string(when("*")), "*");
  EXPECT_EQ(to_string(when("0.1~0.2")), "0.100000~0.200000");
  EXPECT_EQ(to_string(when("+0.1~+0.2")), "+0.100000~+0.200000");
  EXPECT_EQ(to_string(when("+0.1~0.2")), "+0.100000~+0.200000");
  EXPECT_EQ(to_string(when("+0...0.5")), "+0.000000...0.500000");
  EXPECT_EQ(mistake("+0.3~0.2 close(3) = 0"), "1: the range of times ends before it begins");
  EXPECT_EQ(mistake("+0...1 < . 1:1(0) ack 1"), "1: only a call can have an end (...)");
  EXPECT_EQ(mistake("close(3) = 0"), "1: expected a time in seconds, found \"close(3) = 0\"");
}

TEST(Parser, Calls) {
  EXPECT_EQ(to_string(call("write(4, ..., 1000) = 1000")), "write(4, ..., 1000) = 1000");
  EXPECT_EQ(to_string(call("connect(3, ..., ...) = -1 ECONNREFUSED (Connection refused)")),
            "connect(3, ..., ...) = -1 ECONNREFUSED");
  EXPECT_EQ(to_string(call("fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0")),
            "fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0");
  EXPECT_EQ(to_string(call("read(4, ..., 10) = ?")), "read(4, ..., 10) = ?");
  const Call linger = call("setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0");
  ASSERT_EQ(linger.arguments.size(), 5U);
  EXPECT_EQ(linger.arguments[3].fields, (std::vector<std::string>{"onoff", "linger"}));
  EXPECT_EQ(linger.arguments[3].list[0].number, 1);
  const Call bind = call(
      "bind(3, {sa_family = AF_INET,\n  sin_port = htons(80), sin_addr = inet_addr(\"1.2.3.4\")},\n"
      "  ...) = 0");
  EXPECT_EQ(bind.arguments[1].list[1].number, 80);
  EXPECT_EQ(bind.arguments[1].list[2].text, "1.2.3.4");
  EXPECT_EQ(mistake("\n\n+0 close(3)"),
            "3: expected = and the result of close, found the end of "
            "the script");
}

TEST(Parser, CommandsAndAssertions) {
  const auto script = parsed(
      "+0 `expect counter tx_rto == 1; expect state 4 ESTABLISHED`\n"
      "+0 %{ assert(counter tx_rto == 1, free_connections > 3) }%\n"
      "+0 %{ assert now_us < 5\n   assert now_us > 2 }%\n");
  ASSERT_EQ(script.events.size(), 3U);
  EXPECT_EQ(to_string(std::get<Command>(script.events[0].what)),
            "`expect counter tx_rto == 1; expect state 4 ESTABLISHED`");
  EXPECT_EQ(to_string(std::get<Command>(script.events[1].what)),
            "`expect counter tx_rto == 1; expect free_connections > 3`");
  EXPECT_EQ(std::get<Command>(script.events[2].what).statements.size(), 2U);
  EXPECT_EQ(mistake("+0 %{ print(1) }%"),
            "1: only assert(...) can stand in %{ }%, not \"print(1)\"");
}

TEST(Parser, OptionsCommentsAndMustFail) {
  const auto script = parsed(
      "// must fail: expected 1, came 2\n--mss=1000\n--local_ip=10.0.0.1  # a comment\n"
      "/* two\n lines */ +0 close(3) = 0 // end\n");
  EXPECT_EQ(script.must_fail, "expected 1, came 2");
  ASSERT_EQ(script.options.size(), 2U);
  EXPECT_EQ(script.options[1].value, "10.0.0.1");
  EXPECT_EQ(script.options[1].line, 3);
  ASSERT_EQ(script.events.size(), 1U);
  EXPECT_EQ(script.events[0].line, 5);
}

TEST(Parser, NothingMayFollowAnEvent) {
  EXPECT_EQ(mistake("+0 < . 1:1(0) ack 1 win 5 wni 6"),
            "1: expected ack, win, urg, data, <options> or the end of the line, found \"wni 6\"");
  EXPECT_EQ(mistake("+0 close(3) = 0 = 1"), "1: expected the name of an error, found \"= 1\"");
}

}  // namespace
}  // namespace millrace::script
