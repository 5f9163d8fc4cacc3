// SPDX-License-Identifier: Apache-2.0
// Settings of the card's policy, right and wrong.

#include "flow/cli/policy.h"

#include <gtest/gtest.h>

#include <vector>

namespace millrace::flow::cli {
namespace {

Result<host::Policy> set(const host::Policy& base, const std::vector<std::string>& settings) {
  return policy_of(base, {.settings = settings});
}

TEST(Policy, SettingsReplaceWhatTheyName) {
  host::Policy base;
  base.mss = 536;
  const auto policy = set(base, {"syn_retries_max=2", "rto_initial_us=1", "rto_initial_us=250000",
                                 "tcp_options=0x10", "user_timeout=7"});
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->syn_retries_max, 2U);
  EXPECT_EQ(policy->rto_initial_us, 250'000U);
  EXPECT_EQ(policy->mss, 536U);
  EXPECT_EQ(policy->tcp_options, 16U);
  EXPECT_EQ(policy->user_timeout, 7U);
  EXPECT_EQ(policy->time_wait_us, host::Policy().time_wait_us);
}

TEST(Policy, AnythingElseIsRefusedByName) {
  for (const char* text : {"", "=", "mss", "mss=", "mss=x", "mss=1 ", "mss=-1", "mss=4294967296",
                           "MSS=1", "secret_0=1", "mss=0x", "mss=0x1g", "mss=0x-1", "=5"}) {
    const auto policy = set({}, {"mss=1000", text});
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().code, Errc::kInvalidArgument) << text;
    EXPECT_NE(policy.error().detail.find(text), std::string::npos) << policy.error().detail;
  }
}

TEST(Policy, ProfileThenAlgorithmThenSettings) {
  const std::vector<std::string> settings{"retries_max=3"};
  const auto policy = policy_of(host::Policy{.mss = 536}, {"freebsd", "dctcp", settings});
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->retries_max, 3U);
  EXPECT_EQ(policy->congestion_control, 2U);
  EXPECT_EQ(policy->rto_max_us, 64'000'000U);
  EXPECT_EQ(policy->mss, 536U);
  const auto kept = policy_of(host::Policy{.congestion_control = 0x11}, {.congestion = "newreno"});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->congestion_control, 0x10U) << "the idle window's bit stays";
}

TEST(Policy, UnknownNamesAreSaid) {
  for (const PolicyChoice& choice :
       {PolicyChoice{.profile = "beos"}, PolicyChoice{.congestion = "vegas"}}) {
    const auto policy = policy_of({}, choice);
    ASSERT_FALSE(policy);
    EXPECT_NE(policy.error().detail.find(choice.profile + choice.congestion), std::string::npos);
  }
}

}  // namespace
}  // namespace millrace::flow::cli
