// SPDX-License-Identifier: Apache-2.0
// The card's TCP policy from the command line: a profile, "syn_retries_max=2" and the like.

#pragma once

#include <span>
#include <string>

#include "flow/flow.h"
#include "host/card.h"

namespace millrace::flow::cli {

/// What a command line can say of it.
struct PolicyChoice {
  std::string profile{};                    ///< empty: none
  std::string congestion{};                 ///< newreno, cubic or dctcp; empty: the profile's
  std::span<const std::string> settings{};  ///< NAME=VALUE each
};

/// `base` with the profile, then the algorithm, then every setting put into it, later ones last.
/// The names are those of the contract's policy registers, the values decimal or, with 0x,
/// hexadecimal; what the card refuses is found when it is opened. kInvalidArgument names what is no
/// such thing.
Result<host::Policy> policy_of(host::Policy base, const PolicyChoice& choice);

}  // namespace millrace::flow::cli
