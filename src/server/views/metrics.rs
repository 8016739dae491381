//! Serves `/metrics`.

use std::rc::Rc;

use crate::http::admin::reply::AdminRefusal;
use crate::http::admin::{AdminFormat, RequiredAccess};
use crate::http::request::form::FormData;
use crate::http::request::{Method, Request};
use crate::http::response::reply;
use crate::pages::{RenderedPage, metrics};
use crate::server::logins::LoginError;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::{CloseReason, LoginMessage, Reply};
use crate::time::Time;

impl Server {
    /// Answers a request for the metrics.
    pub(in crate::server) fn serve_metrics(&mut self, peer: Peer, request: &Request, now: Time) {
        let head_only = request.method == Method::Head;
        let reply = match self.may_read_metrics(peer, request, now) {
            Err(LoginError::MustWait) => {
                return self.wait_for_turn(peer, LoginMessage::Request(request.clone().into()), &[], now);
            }
            Err(LoginError::Refused(refusal)) => refusal.reply(AdminFormat::Icecast),
            Ok(()) if !matches!(request.method, Method::Get | Method::Head) => reply::not_allowed(),
            Ok(()) => {
                let shown = self.metrics(&self.base_url(request), now);
                let is_public = self.views.metrics.is_public();
                if is_public { shown.to_reply(head_only) } else { shown.to_private_reply(head_only) }
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

    fn metrics(&mut self, base: &str, now: Time) -> Rc<RenderedPage> {
        self.views.metrics.scrapes += 1;
        if let Some(shown) = self.views.metrics.cached(base, now) {
            return shown;
        }
        let base_shown = self.views.metrics.settings.icecast_names.then_some(base);
        let shown = Rc::new(metrics::render(&self.admin_snapshot(now), base_shown));
        self.views.metrics.store(base, &shown, now);
        shown
    }
}
