//! Serves `/metrics`.

use std::rc::Rc;

use crate::http::admin::reply::AdminRefusal;
use crate::http::admin::{AdminFormat, RequiredAccess};
use crate::http::request::form::FormData;
use crate::http::request::{Method, Request};
use crate::http::response::reply;
use crate::memory_budget::BudgetExceeded;
use crate::pages::metrics;
use crate::server::logins::LoginError;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::views::page_queue::{PageKind, PageRequest};
use crate::server::state::views::stored_page::{PageReplyOptions, StoredPage};
use crate::session::{CloseReason, LoginMessage, Reply};
use crate::time::Time;

impl Server {
    /// Answers a request for the metrics.
    pub(in crate::server) fn serve_metrics(&mut self, peer: Peer, request: &Request, now: Time) {
        let reply = match self.may_read_metrics(peer, request, now) {
            Err(LoginError::MustWait) => {
                return self.wait_for_turn(peer, LoginMessage::Request(request.clone().into()), &[], now);
            }
            Err(LoginError::Refused(refusal)) => refusal.reply(AdminFormat::Icecast),
            Ok(()) if !matches!(request.method, Method::Get | Method::Head) => reply::not_allowed(),
            Ok(()) => {
                let options = PageReplyOptions {
                    head_only: request.method == Method::Head,
                    is_private: !self.views.metrics.is_public(),
                    ..PageReplyOptions::default()
                };
                let base = self.base_url(request).into();
                let page_request = PageRequest { kind: PageKind::Metrics, base, options };
                return self.answer_page(peer, page_request, now);
            }
        };
        self.become_reply(peer, Reply::new(reply, CloseReason::Answered), now);
    }

    fn may_read_metrics(
        &mut self,
        peer: Peer,
        request: &Request,
        now: Time,
    ) -> Result<(), LoginError<AdminRefusal>> {
        // A banned client needs the admin password, even if the metrics are public.
        if self.views.metrics.is_public() && !self.is_banned(peer) {
            return Ok(());
        }
        let candidates = request.candidate_logins(&FormData::from_request(request, &[]));
        self.authorize(peer, request, &candidates, RequiredAccess::Admin, now).map(drop)
    }

    /// Returns the metrics, rendered unless they were rendered a moment ago.
    pub(super) fn metrics(&mut self, base: &Rc<str>, now: Time) -> Result<Rc<StoredPage>, BudgetExceeded> {
        if let Some(stored) = self.cached_metrics(base, now) {
            return Ok(stored);
        }
        let base_shown = self.views.metrics.settings.icecast_names.then_some(&**base);
        let rendered = metrics::render(&self.admin_snapshot(now), base_shown);
        let stored = self.store_page(rendered, now)?;
        self.views.metrics.store(base, &stored, now);
        Ok(stored)
    }

    /// Counts a request for the metrics. Returns them if they were rendered a moment ago.
    pub(super) fn cached_metrics(&mut self, base: &Rc<str>, now: Time) -> Option<Rc<StoredPage>> {
        self.views.metrics.scrapes += 1;
        self.views.metrics.cached(base, now)
    }
}
