// SPDX-License-Identifier: Apache-2.0
// The card's TCP policy from the command line: "syn_retries_max=2" and the like.

#pragma once

#include <span>
#include <string>

#include "flow/flow.h"
#include "host/card.h"

namespace millrace::flow::cli {

/// `base` with every NAME=VALUE of `settings` put into it, later ones last. The names are those of
/// the contract's policy registers, the values decimal; what the card refuses is found when it is
/// opened. kInvalidArgument names the setting that is no such thing.
Result<host::Policy> policy_of(host::Policy base, std::span<const std::string> settings);

}  // namespace millrace::flow::cli
