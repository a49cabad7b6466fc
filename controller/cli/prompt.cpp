// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/prompt.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace signalbox::cli {
namespace {

constexpr std::size_t kLongestAnswer = 1024;

// The controlling terminal, its settings put back when this goes away. Keys arrive one by one and Ctrl-C is
// a character, so that no signal can leave the terminal without echo.
class Keyboard {
  public:
    static Result<Keyboard> open(bool echo) {
        const int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (fd < 0) return no_terminal();
        termios before{};
        if (::tcgetattr(fd, &before) != 0) {
            ::close(fd);
            return no_terminal();
        }
        termios raw = before;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ISIG | ECHO);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        ::tcsetattr(fd, TCSAFLUSH, &raw);
        return Keyboard(fd, before, echo);
    }
    static Error no_terminal() {
        return {Code::failed_precondition, "there is no terminal to ask at",
                "run it in a terminal, or give --passphrase-file, --yes or whichever the question is about"};
    }
    Keyboard(Keyboard&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), before_(other.before_), echo_(other.echo_) {}
    Keyboard& operator=(Keyboard&&) = delete;
    Keyboard(const Keyboard&) = delete;
    Keyboard& operator=(const Keyboard&) = delete;
    ~Keyboard() {
        if (fd_ < 0) return;
        ::tcsetattr(fd_, TCSAFLUSH, &before_);
        ::close(fd_);
    }

    void show(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t n = ::write(fd_, text.data(), text.size());
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }

    Result<crypto::SecretBytes> line() const {
        constexpr char kInterrupt = 3;
        constexpr char kEnd = 4;
        constexpr char kKillLine = 21;
        crypto::SecretBytes typed(kLongestAnswer);
        std::size_t size = 0;
        while (true) {
            char key = 0;
            const ssize_t n = ::read(fd_, &key, 1);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0 || key == kInterrupt || key == kEnd) {
                show("\r\n");
                return Error(Code::cancelled, "stopped at the question");
            }
            if (key == '\n' || key == '\r') break;
            if (key == kKillLine) {
                for (; size > 0; --size) erase();
            } else if (key == 127 || key == '\b') {
                if (size > 0) --size, erase();
            } else if (size < kLongestAnswer) {
                typed.expose_mutable()[size++] = static_cast<std::uint8_t>(key);
                if (echo_) show(std::string_view(&key, 1));
            }
        }
        show("\r\n");
        return crypto::SecretBytes(typed.expose().first(size));
    }

  private:
    Keyboard(int fd, const termios& before, bool echo) : fd_(fd), before_(before), echo_(echo) {}
    void erase() const {
        if (echo_) show("\b \b");
    }
    int fd_;
    termios before_;
    bool echo_;
};

}  // namespace

bool TerminalPrompt::interactive() const {
    const int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return false;
    ::close(fd);
    return true;
}

Result<crypto::SecretBytes> TerminalPrompt::secret(std::string_view question) {
    SB_TRY(const Keyboard keyboard, Keyboard::open(false));
    keyboard.show(question);
    return keyboard.line();
}

Result<bool> TerminalPrompt::confirm(std::string_view question) {
    SB_TRY(const Keyboard keyboard, Keyboard::open(true));
    keyboard.show(question);
    SB_TRY(const crypto::SecretBytes answer, keyboard.line());
    const std::string text = to_text(answer.expose());
    return text == "y" || text == "yes" || text == "Y" || text == "Yes" || text == "YES";
}

}  // namespace signalbox::cli
