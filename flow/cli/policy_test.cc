// SPDX-License-Identifier: Apache-2.0
// Settings of the card's policy, right and wrong.

#include "flow/cli/policy.h"

#include <gtest/gtest.h>

#include <vector>

namespace millrace::flow::cli {
namespace {

using Settings = std::vector<std::string>;

TEST(Policy, SettingsReplaceWhatTheyName) {
  host::Policy base;
  base.mss = 536;
  const auto policy =
      policy_of(base, Settings{"syn_retries_max=2", "rto_initial_us=1", "rto_initial_us=250000"});
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->syn_retries_max, 2U);
  EXPECT_EQ(policy->rto_initial_us, 250'000U);
  EXPECT_EQ(policy->mss, 536U);
  EXPECT_EQ(policy->time_wait_us, host::Policy().time_wait_us);
}

TEST(Policy, AnythingElseIsRefusedByName) {
  for (const char* text : {"", "=", "mss", "mss=", "mss=x", "mss=1 ", "mss=-1", "mss=4294967296",
                           "MSS=1", "secret_0=1", "mss=0x10", "=5"}) {
    const auto policy = policy_of({}, Settings{"mss=1000", text});
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().code, Errc::kInvalidArgument) << text;
    EXPECT_NE(policy.error().detail.find(text), std::string::npos) << policy.error().detail;
  }
}

}  // namespace
}  // namespace millrace::flow::cli
