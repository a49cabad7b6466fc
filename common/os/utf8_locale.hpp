// SPDX-License-Identifier: Apache-2.0
// While it lives, the thread that made it reads and writes names as UTF-8, whatever the service manager set.
// For libraries that convert by the locale, such as libarchive. Not to be moved to another thread.
#pragma once

#include <locale.h>

namespace signalbox::os {

class Utf8Locale {
  public:
    Utf8Locale();
    ~Utf8Locale();
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

  private:
    locale_t made_;
    locale_t before_ = nullptr;
};

}  // namespace signalbox::os
