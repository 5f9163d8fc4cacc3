// SPDX-License-Identifier: Apache-2.0
// Devices by URI: "sim:", "sim:seed=7", "xrt:0". Each kind of device registers a factory for its
// scheme; host itself knows none of them.

#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/error.h"
#include "host/device/device.h"

namespace millrace::host {

// Opens the device that `rest`, the URI after "scheme:", describes.
using DeviceFactory =
    std::function<std::expected<std::unique_ptr<Device>, Error>(std::string_view rest)>;

// Makes open_device() understand `scheme` (lower case, without colon); replaces an earlier factory
// of the same name. Safe from any thread.
void register_device_scheme(std::string scheme, DeviceFactory factory);

// Opens the device that `uri` names. invalid_argument if it has no scheme, not_supported (the text
// lists the known schemes) if nobody registered it, else what the factory says.
std::expected<std::unique_ptr<Device>, Error> open_device(std::string_view uri);

}  // namespace millrace::host
