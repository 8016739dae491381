//! The worker that renders pages about many stations or listeners, and pictures, so that they do not delay
//! the event loop.

use std::io;

use crate::pages::{PageRenderer, RenderJob, RenderedPage};
use crate::worker::{
    Inbox, LoopWaker, Outbox, Results, SendError, WhenFull, Worker, WorkerBuilder, result_channel,
};

/// Stack of the thread in bytes: pages are on the heap, and templates are not nested deeply.
const STACK: usize = 512 * 1024;

/// The event loop's handle to the worker.
#[derive(Debug)]
pub struct WorkerRenderer {
    jobs: Worker<RenderJob>,
    rendered: Results<Option<RenderedPage>>,
}

impl WorkerRenderer {
    /// Starts the worker. It calls `waker` after every page.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(waker: LoopWaker) -> io::Result<Self> {
        let (outbox, rendered) = result_channel(1, waker);
        let builder = WorkerBuilder::new("pages").stack(STACK).queue(1, WhenFull::Refuse);
        let jobs = builder.spawn(move |inbox| render_all(&inbox, &outbox))?;
        Ok(Self { jobs, rendered })
    }
}

impl PageRenderer for WorkerRenderer {
    fn request(&mut self, job: RenderJob) -> Result<(), RenderJob> {
        self.jobs.send(job).map_err(|(SendError::Full(job) | SendError::Disconnected(job))| job)
    }

    fn poll(&mut self) -> Option<Option<RenderedPage>> {
        self.rendered.poll()
    }
}

fn render_all(inbox: &Inbox<RenderJob>, outbox: &Outbox<Option<RenderedPage>>) {
    for job in inbox.jobs() {
        if !outbox.send(job.run()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::api::ApiPage;
    use crate::pages::{Page, Snapshot};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn page_is_rendered_on_the_thread_and_the_loop_is_woken() {
        let (waker, woken) = channel();
        let waker = Box::new(move || waker.send(()).expect("the test listens"));
        let mut renderer = WorkerRenderer::start(waker).expect("a thread");
        for page in [ApiPage::Schema, ApiPage::Stations] {
            let page = Page::Api(page);
            let expected = page.render(&Snapshot::default(), "http://a");
            let job =
                RenderJob::Public { page, snapshot: Snapshot::default().into(), base: "http://a".into() };
            renderer.request(job).expect("the thread works");
            woken.recv_timeout(Duration::from_secs(20)).expect("a wake-up after each page");
            assert_eq!(renderer.poll(), Some(Some(expected)));
        }
        assert!(renderer.poll().is_none());
    }
}
