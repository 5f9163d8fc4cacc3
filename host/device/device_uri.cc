// SPDX-License-Identifier: Apache-2.0
// The registry of device factories.

#include "host/device/device_uri.h"

#include <map>
#include <mutex>
#include <utility>

namespace millrace::host {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, DeviceFactory, std::less<>> factories;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

void register_device_scheme(std::string scheme, DeviceFactory factory) {
  Registry& known = registry();
  const std::scoped_lock lock(known.mutex);
  known.factories.insert_or_assign(std::move(scheme), std::move(factory));
}

std::expected<std::unique_ptr<Device>, Error> open_device(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return std::unexpected(make_error(
        Errc::kInvalidArgument,
        "device \"" + std::string(uri) + "\" has no scheme; write for instance \"sim:\""));
  }
  DeviceFactory factory;
  std::string schemes;
  {
    Registry& known = registry();
    const std::scoped_lock lock(known.mutex);
    const auto found = known.factories.find(uri.substr(0, colon));
    if (found != known.factories.end()) factory = found->second;
    for (const auto& [scheme, unused] : known.factories) schemes += " " + scheme + ":";
  }
  if (!factory) {
    return std::unexpected(
        make_error(Errc::kNotSupported, "no driver for device \"" + std::string(uri) +
                                            "\" in this program; it has" +
                                            (schemes.empty() ? std::string(" none") : schemes)));
  }
  return factory(uri.substr(colon + 1));
}

}  // namespace millrace::host
