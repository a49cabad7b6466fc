# SPDX-License-Identifier: Apache-2.0
"""A rule that cannot fail is no rule: each one finds its planted breach, and leaves the allowed place alone."""

import sys

from rules import problems_in

HEAD = "// SPDX-License-Identifier: Apache-2.0\n#pragma once\n"
BREACHES = {
    "clock": ("controller/x.cpp", "auto t = std::chrono::system_clock::now();"),
    "sleep": ("agent/x.cpp", "std::this_thread::sleep_for(1s);"),
    "random": ("agent/x.cpp", "std::random_device d;"),
    "coroutine": ("common/x.cpp", "co_await f();"),
    "using-namespace": ("common/x.hpp", "using namespace std;"),
    "shell": ("agent/x.cpp", 'system("ls");'),
    "attack_21_tls_verification_is_never_off": ("common/x.cpp", "SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, nullptr);"),
    "unfinished": ("common/x.cpp", "// " + "TO" + "DO later"),
    "vacuous-test": ("tests/x.cpp", "EXPECT_TRUE(true);"),
    "cout": ("common/x.cpp", "std::cout << 1;"),
    "machine-path": ("docs/x.md", "see /home/someone/notes"),
}

failed = []
for name, (file, text) in BREACHES.items():
    if not any(f": {name}: " in line for line in problems_in(file, HEAD + text + "\n")):
        failed.append(f"rule {name} does not find its breach")
if not any(": spdx: " in line for line in problems_in("common/x.cpp", "int x;\n")):
    failed.append("rule spdx does not find its breach")
if not any(": size: " in line for line in problems_in("common/x.cpp", HEAD + "\n" * 600)):
    failed.append("rule size does not find its breach")
if problems_in("common/base/time.cpp", HEAD + "auto t = system_clock::now();\n"):
    failed.append("rule clock bites in the place where clocks live")
print("\n".join(failed))
sys.exit(1 if failed else 0)
