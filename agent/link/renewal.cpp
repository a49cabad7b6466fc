// SPDX-License-Identifier: Apache-2.0
#include "agent/link/renewal.hpp"

#include "common/pki/certificate.hpp"
#include "common/rpc/status.hpp"

namespace signalbox::link {
namespace {

constexpr std::chrono::seconds kDeadline{30};
constexpr std::chrono::milliseconds kShortestPause{500};

}  // namespace

struct Renewal::Call {
    std::shared_ptr<v1::AgentService::Stub> stub;
    grpc::ClientContext context;
    pki::KeyAndRequest key;
    v1::RenewRequest request;
    v1::RenewResponse response;
};

Renewal::Renewal(enrol::IdentityStore store, Ports ports, async::Strand& strand, const Clock& clock,
                 crypto::Random& random, telemetry::Logger log)
    : store_(std::move(store)),
      ports_(std::move(ports)),
      strand_(strand),
      clock_(clock),
      random_(random),
      log_(std::move(log)),
      backoff_(random, {std::chrono::seconds(10), std::chrono::minutes(10)}) {}

void Renewal::start() {
    schedule();
}

void Renewal::stop(std::function<void()> done) {
    stopping_ = true;
    strand_.cancel(timer_);
    if (call_ == nullptr) {
        done();
        return;
    }
    stopped_ = std::move(done);
    call_->context.TryCancel();
}

void Renewal::at_once() {
    if (busy()) return;
    strand_.cancel(timer_);
    renew();
}

void Renewal::shut_out() {
    if (busy()) return;
    strand_.cancel(timer_);
    come_back();
}

void Renewal::schedule() {
    const auto pem = store_.certificate_pem();
    if (!pem) return retry(pem.error());
    const auto certificate = pki::parse_certificate(*pem);
    if (!certificate) return retry(certificate.error());
    const Duration half = (certificate->not_after - certificate->not_before) / 2;
    const Instant due =
        std::max(clock_.now() + kShortestPause, certificate->not_before + jittered(half, random_));
    timer_ = strand_.post_at(due, [this] { renew(); });
}

void Renewal::renew() {
    if (stopping_) return;
    if (expired()) return come_back();
    auto stub = ports_.stub();
    if (stub == nullptr) return retry(Error(Code::unavailable, "there is no connection to the controller"));
    auto key = pki::make_key_and_request();
    if (!key) return retry(key.error());
    call_ = std::make_shared<Call>();
    call_->stub = std::move(stub);
    call_->key = *std::move(key);
    call_->request.set_csr_der(call_->key.csr_der);
    call_->context.set_deadline(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock_.now() + kDeadline));
    call_->stub->async()->Renew(&call_->context, &call_->request, &call_->response,
                                [this, call = call_](const grpc::Status& status) {
                                    strand_.post([this, call, status] { finished(call, status); });
                                });
}

bool Renewal::expired() const {
    const auto pem = store_.certificate_pem();
    if (!pem) return false;
    const auto certificate = pki::parse_certificate(*pem);
    return certificate && certificate->not_after <= clock_.now();
}

void Renewal::come_back() {
    log_.warning(expired() ? "the certificate has expired: coming back with the record key"
                           : "the certificate is not accepted any more: coming back with the record key");
    returning_ = true;
    ports_.come_back([this](const Status& back) {
        returning_ = false;
        if (stopping_) return;
        if (!back) return retry(back.error());
        renewed();
    });
}

void Renewal::renewed() {
    backoff_.reset();
    log_.info("certificate renewed");
    schedule();
    ports_.on_renewed();
}

void Renewal::finished(const std::shared_ptr<Call>& call, const grpc::Status& status) {
    call_.reset();
    if (stopping_) {
        if (stopped_) stopped_();
        return;
    }
    if (!status.ok()) return retry(rpc::from_grpc(status));
    if (const Status installed = install(*call); !installed) return retry(installed.error());
    renewed();
}

Status Renewal::install(const Call& call) {
    SB_CHECK(pki::check_pair(call.response.certificate_pem(), call.key.key_pem));
    SB_TRY(const std::string present_pem, store_.certificate_pem());
    SB_TRY(const auto present, pki::parse_certificate(present_pem));
    SB_TRY(const auto next, pki::parse_certificate(call.response.certificate_pem()));
    if (present.names != next.names) {
        return Error(Code::refused, "the renewed certificate is for another identity",
                     "Look at the controller");
    }
    return store_.install(
        {to_text(call.key.key_pem.expose()), call.response.certificate_pem(), call.response.ca_pem()});
}

void Renewal::retry(const Error& why) {
    if (stopping_) return;
    log_.warning("certificate not renewed yet", {{"error", why}});
    timer_ = strand_.post_at(clock_.now() + backoff_.next() + std::chrono::seconds(1), [this] { renew(); });
}

}  // namespace signalbox::link
